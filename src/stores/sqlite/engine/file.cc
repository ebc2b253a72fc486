#include "stores/sqlite/engine/file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <filesystem>
#include <span>

#include "ground/bytes.h"

namespace jeton::sqlite {
namespace {

// Below this a group commit and the checkpoint that follows might not fit.
constexpr unsigned long kRoom = 4UL << 20;

std::string folder_of(const std::string& path) { return std::filesystem::path(path).parent_path().string(); }

Status sync_one(const std::string& path, int flags) {
  const int fd = ::open(path.c_str(), flags | O_CLOEXEC);
  if (fd < 0) return fault(Fault::Io, "a file could not be opened");
  const bool synced = ::fsync(fd) == 0;
  ::close(fd);
  if (!synced) return fault(Fault::Io, "a file could not be brought onto the disk");
  return {};
}

// https://www.sqlite.org/fileformat.html §1.3: big-endian numbers at fixed places.
std::uint32_t number_at(std::span<const std::uint8_t> head, std::size_t at, std::size_t size) {
  std::uint32_t n = 0;
  for (std::size_t i = at; i < at + size; ++i) n = n << 8 | head[i];
  return n;
}

// A page count is good while the change counter (24) is the one it was written for (92).
bool cut_off(std::span<const std::uint8_t> head, const std::string& path, off_t size) {
  struct stat log;
  if (::stat((path + "-wal").c_str(), &log) == 0 && log.st_size > 0) return false;
  const auto page = number_at(head, 16, 2) == 1 ? 65536u : number_at(head, 16, 2);
  return number_at(head, 24, 4) == number_at(head, 92, 4) &&
         static_cast<std::uint64_t>(size) < std::uint64_t{page} * number_at(head, 28, 4);
}

}  // namespace

Result<Lock> Lock::take(const std::string& path) {
  const int fd = ::open((full_path(path) + ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return fault(Fault::StoreUnavailable, "the lock file beside the database cannot be made; check the folder");
  Lock lock(fd);
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) return fault(Fault::StoreUnavailable, "another server has this database open; stop it first");
  return lock;
}

Lock::~Lock() {
  if (fd_ >= 0) ::close(fd_);
}

// Past links: what is beside the file, its lock and its log, is beside the one that is meant, by whatever name it is called.
std::string full_path(const std::string& path) {
  std::error_code error;
  const auto full = std::filesystem::weakly_canonical(std::filesystem::absolute(path, error), error);
  return error ? path : full.string();
}

bool file_exists(const std::string& path) {
  struct stat st;
  return ::lstat(path.c_str(), &st) == 0;
}

Status create_private(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0 && errno == EEXIST) return refuse(Refusal::Conflict, "a file of that name exists");
  if (fd < 0) return fault(Fault::Io, "the file cannot be made; check the folder");
  ::close(fd);
  return {};
}

Result<Look> look_at(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return fault(Fault::StoreUnavailable, "the database file cannot be opened; check owner and mode");
  std::array<std::uint8_t, 100> head{};
  struct stat status{};
  const auto size = ::pread(fd, head.data(), head.size(), 0);
  const bool known = ::fstat(fd, &status) == 0;
  ::close(fd);
  if (size < 0 || !known) return fault(Fault::StoreUnavailable, "the database file cannot be read");
  if (size == 0) return Look{};
  constexpr std::string_view kMagic("SQLite format 3\0", 16);
  if (size < static_cast<ssize_t>(head.size()) || !as_text(head).starts_with(kMagic)) return Look{Nature::Other, 0, false};
  return Look{Nature::Database, number_at(head, 68, 4), cut_off(head, path, status.st_size)};
}

Status sync_file(const std::string& path) {
  TRY_VOID(sync_one(path, O_RDWR));
  return sync_one(folder_of(path), O_RDONLY | O_DIRECTORY);
}

Result<Identity> identity_of(const std::string& path) {
  struct stat st;
  if (::stat(path.c_str(), &st) != 0) return fault(Fault::StoreUnavailable, "the database file is not there");
  return Identity{st.st_dev, st.st_ino};
}

Status Underfoot::in_place() {
  struct stat database, log;
  if (::stat(path_.c_str(), &database) != 0) return fault(Fault::StoreUnavailable, "the database file is not there");
  if (Identity{database.st_dev, database.st_ino} != database_)
    return fault(Fault::StoreUnavailable, "the database file was replaced; restart the server");
  if (::stat((path_ + "-wal").c_str(), &log) != 0)
    return fault(Fault::StoreUnavailable, "the log beside the database file is not there; restart the server");
  const std::lock_guard lock(mutex_);
  if (!log_) log_ = Identity{log.st_dev, log.st_ino};
  if (Identity{log.st_dev, log.st_ino} != *log_)
    return fault(Fault::StoreUnavailable, "the log beside the database file was replaced; restart the server");
  if (database.st_size < size_) return fault(Fault::StoreCorrupt, "the database file was cut off; restore a backup");
  size_ = database.st_size;
  return {};
}

Status writable(const std::string& path) {
  if (::access(path.c_str(), W_OK) != 0 || ::access(folder_of(path).c_str(), W_OK | X_OK) != 0)
    return fault(Fault::StoreUnavailable, "the database file or its folder cannot be written");
  struct statvfs fs;
  if (::statvfs(path.c_str(), &fs) == 0 && fs.f_bavail * fs.f_frsize < kRoom) return fault(Fault::StoreUnavailable, "the disk is full");
  return {};
}

}  // namespace jeton::sqlite
