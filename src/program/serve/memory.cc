#include "program/serve/memory.h"

#include <malloc.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

namespace jeton::serve {
namespace {

// One line of the kernel's word on this process (proc(5)); empty where there is none.
std::string status_of(std::string_view name) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(name)) return line.substr(name.size());
  return {};
}

// Whether the limit does not count for this process (capabilities(7)).
bool holds_ipc_lock() {
  constexpr unsigned kIpcLock = 14;
  return (std::strtoull(status_of("CapEff:").c_str(), nullptr, 16) >> kIpcLock & 1) != 0;
}

}  // namespace

void forbid_core_dumps() {
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  ::prctl(PR_SET_DUMPABLE, 0);
}

bool lock_memory() {
  rlimit limit{};
  const bool boundless = ::getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur == RLIM_INFINITY;
  if (!boundless && !holds_ipc_lock()) return false;
  return ::mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) == 0;
}

void give_back_memory() {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    unsigned long long start = 0, end = 0, inode = 0;
    char rights[5] = {};
    // proc_pid_maps(5). Writable pages and those the linker wrote to are left alone.
    if (std::sscanf(line.c_str(), "%llx-%llx %4s %*x %*s %llu", &start, &end, rights, &inode) != 4) continue;
    if (std::string_view(rights) != "r-xp" || inode == 0) continue;
    auto* const code = reinterpret_cast<void*>(static_cast<std::uintptr_t>(start));
    ::munlock(code, end - start);
    ::madvise(code, end - start, MADV_DONTNEED);
  }
  ::malloc_trim(0);
}

bool memory_locked() { return status_of("VmLck:").find_first_of("123456789") != std::string::npos; }

}  // namespace jeton::serve
