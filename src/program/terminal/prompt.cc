#include "program/terminal/prompt.h"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

#include "ground/secret_pass.h"

namespace jeton::terminal {
namespace {

constexpr std::size_t kLongestLine = 4096;

class Terminal {
 public:
  Terminal() : fd_(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)) {}
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;
  ~Terminal() {
    if (fd_ >= 0) ::close(fd_);
  }
  bool there() const { return fd_ >= 0; }
  int fd() const { return fd_; }
  void say(std::string_view text) const { (void)!::write(fd_, text.data(), text.size()); }

 private:
  int fd_;
};

volatile std::sig_atomic_t caught = 0;

// Echo is off while this lives. A signal that would end the program comes after the terminal was put right.
class Silence {
 public:
  explicit Silence(int fd) : fd_(fd) {
    caught = 0;
    struct sigaction note {};
    note.sa_handler = [](int s) { caught = s; };   // no SA_RESTART: it cuts the read short
    for (std::size_t i = 0; i < std::size(kSignals); ++i) ::sigaction(kSignals[i], &note, &before_[i]);
    if (::tcgetattr(fd_, &mode_) != 0) return;
    auto quiet = mode_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    quiet.c_lflag |= ECHONL | ICANON;
    changed_ = ::tcsetattr(fd_, TCSAFLUSH, &quiet) == 0;
  }
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;
  ~Silence() {
    if (changed_) ::tcsetattr(fd_, TCSAFLUSH, &mode_);
    for (std::size_t i = 0; i < std::size(kSignals); ++i) ::sigaction(kSignals[i], &before_[i], nullptr);
    if (caught != 0) ::raise(caught);
  }
  bool works() const { return changed_; }

 private:
  static constexpr int kSignals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};
  int fd_;
  termios mode_{};
  struct sigaction before_[std::size(kSignals)] {};
  bool changed_ = false;
};

// One line of the terminal into `out`; its length, or nothing where it was cut short.
Result<std::size_t> read_line(int fd, ByteSpan out) {
  std::size_t have = 0;
  for (;;) {
    if (have == out.size()) return refuse(Refusal::TooLarge, "the line is too long");
    std::uint8_t c = 0;
    const auto n = ::read(fd, &c, 1);
    if (n < 0 && errno == EINTR && caught == 0) continue;
    if (n <= 0) return refuse(Refusal::Denied, "nothing was typed");
    if (c == '\n') return have;
    out[have++] = c;
  }
}

constexpr std::string_view kNoTerminal = "there is no terminal to ask at";

}  // namespace

Result<Secret> ask_secret(std::string_view prompt) {
  const Terminal terminal;
  if (!terminal.there()) return refuse(Refusal::Unsupported, kNoTerminal);
  Secret line(kLongestLine);
  Result<std::size_t> n = refuse(Refusal::Unsupported, "echo cannot be switched off here");
  {
    const Silence silence(terminal.fd());
    if (silence.works()) {
      terminal.say(prompt);
      n = read_line(terminal.fd(), line.write(program::Pass::key()));
    }
  }
  TRY(const auto size, std::move(n));
  return Secret::copy_of(line.read(program::Pass::key()).first(size));
}

Result<bool> confirm(std::string_view question) {
  const Terminal terminal;
  if (!terminal.there()) return refuse(Refusal::Unsupported, kNoTerminal);
  terminal.say(question);
  terminal.say(" [y/N] ");
  std::uint8_t line[64];
  caught = 0;
  TRY(const auto n, read_line(terminal.fd(), line));
  const auto answer = as_text(ByteView(line).first(n));
  return answer == "y" || answer == "Y" || answer == "yes" || answer == "Yes" || answer == "YES";
}

Result<Secret> read_secret(int fd, std::size_t limit) {
  Secret all;
  Secret part(64 * 1024);
  for (;;) {
    const auto room = part.write(program::Pass::key());
    const auto n = ::read(fd, room.data(), room.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fault(Fault::Io, "the secret cannot be read");
    if (n == 0) return all;
    if (all.size() + static_cast<std::size_t>(n) > limit) return refuse(Refusal::TooLarge, "the secret is too large");
    Secret grown(all.size() + static_cast<std::size_t>(n));
    const auto to = grown.write(program::Pass::key());
    const auto old = all.read(program::Pass::key());
    std::copy(old.begin(), old.end(), to.begin());
    std::copy_n(room.begin(), n, to.begin() + static_cast<std::ptrdiff_t>(old.size()));
    all = std::move(grown);
  }
}

Result<Secret> read_secret_file(const std::string& path, std::size_t limit) {
  if (path == "-") return read_secret(0, limit);
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return fault(Fault::Io, "the file with the secret cannot be read");
  auto all = read_secret(fd, limit);
  ::close(fd);
  return all;
}

Secret trimmed(Secret text) {
  auto view = as_text(text.read(program::Pass::key()));
  if (!view.ends_with('\n')) return text;
  view.remove_suffix(view.ends_with("\r\n") ? 2 : 1);
  return Secret::copy_of(as_bytes(view));
}

}  // namespace jeton::terminal
