#include "authority/verify/epochs/fence.h"

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace jeton::verify {
namespace {
bool registered() { return ::syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0; }
}  // namespace

const bool kernel_fences = registered();

void full_fence() {
  // Not a fence by name: the thread sanitizer does not know those, and takes this for one.
  static std::atomic<unsigned> anywhere{0};
  anywhere.fetch_add(0, std::memory_order_seq_cst);
#if !defined(__SANITIZE_THREAD__)
  std::atomic_thread_fence(std::memory_order_seq_cst);
#endif
}

void heavy_fence() {
  full_fence();
  if (kernel_fences) ::syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
}

}  // namespace jeton::verify
