#include "program/vault/store.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "ground/descriptor.h"
#include "ground/secret_pass.h"

namespace jeton::vault {
namespace {

std::string folder_of(const std::string& path) {
  const auto folder = std::filesystem::path(path).parent_path();
  return folder.empty() ? "." : folder.string();
}

// The data folder and those above it, for the owner alone.
Status make_folder(const std::string& path) {
  const std::filesystem::path folder(folder_of(path));
  std::error_code error;
  if (std::filesystem::is_directory(folder, error)) return {};
  std::filesystem::create_directories(folder.parent_path().empty() ? "." : folder.parent_path(), error);
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return fault(Fault::Io, "the vault's folder cannot be made");
  return {};
}

Status write_all(int fd, ByteView octets) {
  while (!octets.empty()) {
    const auto n = ::write(fd, octets.data(), octets.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return fault(Fault::Io, "the vault cannot be written: is the disk full?");
    octets = octets.subspan(static_cast<std::size_t>(n));
  }
  return {};
}

// A reader sees the old file or the new one, whole; so does the machine after a power cut.
Status replace(const std::string& path, ByteView octets) {
  std::string fresh = path + ".XXXXXX";
  const Descriptor fd(::mkstemp(fresh.data()));   // 0600
  if (!fd) return fault(Fault::Io, "the vault's folder cannot be written to");
  auto done = write_all(fd.get(), octets);
  if (done && ::fsync(fd.get()) != 0) done = fault(Fault::Io, "the vault cannot be synced to disk");
  if (done && ::rename(fresh.c_str(), path.c_str()) != 0) done = fault(Fault::Io, "the vault cannot be replaced");
  if (!done) {
    ::unlink(fresh.c_str());
    return done;
  }
  const Descriptor folder(::open(folder_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder || ::fsync(folder.get()) != 0) return fault(Fault::Io, "the vault's folder cannot be synced to disk");
  return {};
}

// A vault that is a symbolic link stays one: what it points to is replaced.
std::string real_path(const std::string& path) {
  std::error_code error;
  auto real = std::filesystem::canonical(path, error);
  return error ? path : real.string();
}

}  // namespace

std::string standard_path() {
  if (const char* set = std::getenv("JETON_VAULT"); set != nullptr && *set != 0) return set;
  if (const char* data = std::getenv("XDG_DATA_HOME"); data != nullptr && *data == '/') return std::string(data) + "/jeton/vault";
  const char* home = std::getenv("HOME");
  return std::string(home != nullptr ? home : ".") + "/.local/share/jeton/vault";
}

Result<WriteLock> WriteLock::take(const std::string& vault, Millis patience) {
  TRY_VOID(make_folder(vault));
  const int fd = ::open((vault + ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return fault(Fault::Io, "the vault's lock file cannot be made");
  WriteLock lock(fd);
  const auto end = std::chrono::steady_clock::now() + patience;
  while (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) return fault(Fault::Io, "the vault cannot be locked");
    if (std::chrono::steady_clock::now() >= end) return refuse(Refusal::Conflict, "another program is writing to the vault: try again");
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return lock;
}

WriteLock::~WriteLock() {
  if (fd_ >= 0) ::close(fd_);
}

Result<Image> read(const std::string& path) {
  const Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd && errno == ENOENT) return refuse(Refusal::NotFound, "there is no vault yet: jeton vault put makes one");
  struct stat about{};
  if (!fd || ::fstat(fd.get(), &about) != 0) return fault(Fault::Io, "the vault cannot be read");
  if (!S_ISREG(about.st_mode)) return refuse(Refusal::Malformed, "this file is not a vault");
  if (about.st_size > static_cast<off_t>(kLargestFile)) return refuse(Refusal::TooLarge, "this file is too large for a vault");
  Bytes octets(static_cast<std::size_t>(about.st_size));
  std::size_t have = 0;
  while (have < octets.size()) {
    const auto n = ::read(fd.get(), octets.data() + have, octets.size() - have);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fault(Fault::Io, "the vault cannot be read");
    if (n == 0) break;
    have += static_cast<std::size_t>(n);
  }
  octets.resize(have);
  return Image::parse(std::move(octets));
}

Result<Contents> open(const std::string& path, const KeyOf& key_of) {
  TRY(const auto image, read(path));
  TRY(const auto key, key_of(image.header));
  return open_contents(image, key);
}

Result<Secret> create(const std::string& path, Header header, const KeyOf& outer, Entropy& entropy) {
  TRY(const auto lock, WriteLock::take(path));
  std::error_code error;
  if (std::filesystem::exists(path, error)) return refuse(Refusal::Conflict, "there is a vault already");
  TRY(const auto key, outer(header));
  Secret data_key(32);
  TRY_VOID(entropy.fill(data_key.write(program::Pass::key())));
  TRY_VOID(seal_key(header, key, data_key, entropy));
  TRY(const auto octets, seal_contents(header, {}, data_key, entropy));
  TRY_VOID(replace(path, octets));
  return data_key;
}

Status change(const std::string& path, const KeyOf& key_of, const std::function<Status(Contents&)>& edit, Entropy& entropy) {
  // The key first: a prompt must not keep other writers waiting. The data key of a vault never changes.
  TRY(const auto before, read(path));
  TRY(const auto key, key_of(before.header));
  TRY(const auto lock, WriteLock::take(path));
  TRY(auto image, read(path));
  if (image.header.id != before.header.id) return refuse(Refusal::Conflict, "the vault was replaced by another in the meantime");
  TRY(auto contents, open_contents(image, key));
  TRY_VOID(edit(contents));
  ++image.header.generation;
  TRY(const auto octets, seal_contents(image.header, contents, key, entropy));
  return replace(real_path(path), octets);
}

}  // namespace jeton::vault
