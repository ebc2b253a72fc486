#include "program/terminal/intake.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <algorithm>
#include <cerrno>

#include "ground/descriptor.h"
#include "ground/secret_pass.h"

namespace jeton::terminal {
namespace {

constexpr std::size_t kPart = 64 * 1024;

// A larger one with the same beginning. Never grown in place: a reallocation would leave a copy that nobody
// wipes.
Bytes grown(Bytes&& small, std::size_t used, std::size_t size) {
  Bytes large(size);
  std::copy_n(small.begin(), used, large.begin());
  wipe(small);
  return large;
}

// What a regular file says of its size: room for all of it and the read that finds its end.
std::size_t first_room(int fd, std::size_t limit) {
  struct stat about{};
  if (::fstat(fd, &about) != 0 || !S_ISREG(about.st_mode) || about.st_size <= 0) return kPart;
  return std::min(static_cast<std::size_t>(about.st_size), limit) + 1;
}

}  // namespace

Result<Secret> read_secret(int fd, std::size_t limit) {
  Bytes all(first_room(fd, limit));
  std::size_t have = 0;
  for (;;) {
    if (have == all.size()) all = grown(std::move(all), have, 2 * have);
    const auto n = ::read(fd, all.data() + have, all.size() - have);
    if (n < 0 && errno == EINTR) continue;
    have += static_cast<std::size_t>(std::max<ssize_t>(n, 0));
    if (n > 0 && have <= limit) continue;
    all.resize(have);
    Secret done(std::move(all));
    if (n < 0) return fault(Fault::Io, "it cannot be read");
    if (have > limit) return refuse(Refusal::TooLarge, "it is too large");
    return done;
  }
}

Result<Secret> read_secret_file(const std::string& path, std::size_t limit) {
  if (path == "-") return read_secret(STDIN_FILENO, limit);
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file && errno == ENOENT) return refuse(Refusal::NotFound, "there is no such file");
  if (!file) return fault(Fault::Io, "it cannot be opened");
  return read_secret(file.get(), limit);
}

Secret trimmed(Secret text) {
  auto view = as_text(text.read(program::Pass::key()));
  if (!view.ends_with('\n')) return text;
  view.remove_suffix(view.ends_with("\r\n") ? 2 : 1);
  return Secret::copy_of(as_bytes(view));
}

}  // namespace jeton::terminal
