#include "authority/keys/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "ground/descriptor.h"
#include "ground/secret_pass.h"

namespace jeton::keys {
namespace {

constexpr off_t kMost = 64 * 1024;

bool write_all(int fd, ByteView content) {
  while (!content.empty()) {
    const auto n = ::write(fd, content.data(), content.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    content = content.subspan(static_cast<std::size_t>(n));
  }
  return true;
}

bool sync_folder(const std::string& path) {
  const auto slash = path.rfind('/');
  const Descriptor folder(::open(slash == std::string::npos ? "." : path.substr(0, slash + 1).c_str(), O_RDONLY | O_CLOEXEC));
  return folder && ::fsync(folder.get()) == 0;
}

}  // namespace

Result<Secret> read_private_file(const std::string& path, Readers readers) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!file) {
    if (errno == ENOENT) return refuse(Refusal::NotFound);
    return fault(Fault::Config, "a key file cannot be read: check its owner and that it is no link");
  }
  struct stat status{};
  if (::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) return fault(Fault::Config, "a key file is not a plain file");
  if ((status.st_mode & (readers == Readers::Service ? 037 : 077)) != 0)
    return fault(Fault::Config, "a key file can be read by others: chmod 600 it");
  if (status.st_size > kMost) return fault(Fault::Config, "a key file is too large to be one");
  Secret content(static_cast<std::size_t>(status.st_size));
  const auto room = content.write(Pass::key());
  std::size_t have = 0;
  while (have < room.size()) {
    const auto n = ::read(file.get(), room.data() + have, room.size() - have);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return fault(Fault::Io, "a key file could not be read to its end");
    have += static_cast<std::size_t>(n);
  }
  return content;
}

Status write_private_file(const std::string& path, ByteView content, IfThere if_there) {
  const std::string fresh = path + ".new";
  ::unlink(fresh.c_str());
  {
    const Descriptor file(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file) return fault(Fault::Io, "a key file cannot be written: check the data folder's owner and space");
    if (!write_all(file.get(), content) || ::fsync(file.get()) != 0) {
      ::unlink(fresh.c_str());
      return fault(Fault::Io, "a key file could not be written: is the disk full?");
    }
  }
  const bool placed = if_there == IfThere::Replace ? ::rename(fresh.c_str(), path.c_str()) == 0 : ::link(fresh.c_str(), path.c_str()) == 0;
  const int error = errno;
  if (if_there == IfThere::Keep) ::unlink(fresh.c_str());
  if (!placed)
    return error == EEXIST ? Status(refuse(Refusal::Conflict)) : Status(fault(Fault::Io, "a key file could not be put in place"));
  if (!sync_folder(path)) return fault(Fault::Io, "the data folder could not be synced");
  return {};
}

Status replace_private_file(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return fault(Fault::Io, "a key file could not be put in place");
  if (!sync_folder(to)) return fault(Fault::Io, "the data folder could not be synced");
  return {};
}

}  // namespace jeton::keys
