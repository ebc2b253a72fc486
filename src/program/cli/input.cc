#include "program/cli/input.h"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "ground/secret_pass.h"
#include "program/cli/command.h"

namespace jeton::cli {
namespace {

constexpr std::size_t kMostSecret = 65536;

// Whether somebody gave the secret itself where its place was asked for.
bool looks_like_token(std::string_view name) {
  return name.find('/') == std::string_view::npos && name.size() >= 40 && (name.starts_with("ey") || name.find('_') != std::string_view::npos);
}

class File {
 public:
  explicit File(const std::string& name) : fd_(name == "-" ? STDIN_FILENO : ::open(name.c_str(), O_RDONLY | O_CLOEXEC)) {}
  ~File() {
    if (fd_ > STDERR_FILENO) ::close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  bool good() const { return fd_ >= 0; }
  // Appends until the end, or over `most`.
  bool read(Bytes& out, std::size_t most) const {
    for (;;) {
      const std::size_t before = out.size();
      if (before > most) return true;
      // Never grown in place: a reallocation would leave a copy that nobody wipes.
      Bytes larger(before + 65536);
      std::copy(out.begin(), out.end(), larger.begin());
      wipe(out);
      out = std::move(larger);
      const auto n = ::read(fd_, out.data() + before, 65536);
      out.resize(before + static_cast<std::size_t>(n > 0 ? n : 0));
      if (n == 0) return true;
      if (n < 0 && errno != EINTR) return false;
    }
  }

 private:
  int fd_;
};

std::expected<Bytes, InputError> read_all(const std::string& name, std::size_t most) {
  const File file(name);
  if (!file.good() && looks_like_token(name))
    return std::unexpected("a secret is never an argument: give \"-\" and the secret on standard input, or a file's name");
  if (!file.good()) return std::unexpected(name + " cannot be read: " + (errno == ENOENT ? "there is no such file" : "is it yours to read?"));
  Bytes bytes;
  const bool done = file.read(bytes, most);
  const std::string called = name == "-" ? "standard input" : name;
  if (!done || bytes.size() > most) {
    wipe(bytes);
    return std::unexpected(done ? called + " is larger than " + std::to_string(most) + " octets" : called + " cannot be read to its end");
  }
  return bytes;
}

// Reads the line from the terminal with its echo and signals off, and puts both back.
class Hidden {
 public:
  explicit Hidden(int fd) : fd_(fd), good_(::tcgetattr(fd, &before_) == 0) {
    if (!good_) return;
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO | ISIG | ICANON);
    quiet.c_cc[VMIN] = 1;
    quiet.c_cc[VTIME] = 0;
    good_ = ::tcsetattr(fd_, TCSAFLUSH, &quiet) == 0;
  }
  ~Hidden() {
    if (good_) ::tcsetattr(fd_, TCSAFLUSH, &before_);
  }
  Hidden(const Hidden&) = delete;
  Hidden& operator=(const Hidden&) = delete;
  bool good() const { return good_; }

 private:
  int fd_;
  termios before_{};
  bool good_;
};

}  // namespace

std::expected<std::string, InputError> read_text(const std::string& name, std::size_t most) {
  auto bytes = read_all(name, most);
  if (!bytes) return std::unexpected(bytes.error());
  return std::string(as_text(*bytes));
}

std::expected<Secret, InputError> read_secret(const std::string& name, std::string_view what) {
  if (name == "-" && ::isatty(STDIN_FILENO) != 0) return ask_secret(what);
  auto bytes = read_all(name, kMostSecret);
  if (!bytes) return std::unexpected(bytes.error());
  Secret all(std::move(*bytes));
  const auto text = as_text(all.read(program::Pass::key()));
  auto line = text.substr(0, text.find('\n'));
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (text.find_first_not_of("\r\n", line.size()) != std::string_view::npos)
    return std::unexpected("one line is expected, and there are more");
  if (line.empty()) return std::unexpected("nothing was given where a secret is expected");
  return Secret::copy_of(as_bytes(line));
}

std::expected<Secret, InputError> ask_secret(std::string_view what) {
  const int terminal = ::open("/dev/tty", O_RDWR | O_CLOEXEC);
  if (terminal < 0) return std::unexpected("there is no terminal to ask on: give the secret on standard input or in a file");
  const std::string question = std::string(what) + ": ";
  Bytes typed;
  typed.reserve(kMostSecret);
  bool interrupted = false;
  {
    const Hidden hidden(terminal);
    if (hidden.good() && ::write(terminal, question.data(), question.size()) >= 0) {
      unsigned char c = 0;
      while (typed.size() < kMostSecret && ::read(terminal, &c, 1) == 1 && c != '\n' && c != '\r' && c != 4) {
        if (c == 3) {
          interrupted = true;
          break;
        }
        if (c == 127 || c == 8) {
          if (!typed.empty()) typed.pop_back();
        } else {
          typed.push_back(c);
        }
      }
    }
  }
  (void)!::write(terminal, "\n", 1);
  ::close(terminal);
  Secret secret(std::move(typed));
  if (interrupted) std::exit(kInterrupted);
  if (secret.empty()) return std::unexpected("nothing was given where a secret is expected");
  return secret;
}

}  // namespace jeton::cli
