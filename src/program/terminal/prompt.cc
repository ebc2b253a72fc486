#include "program/terminal/prompt.h"

#include <fcntl.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <optional>

#include "ground/secret_pass.h"

namespace jeton::terminal {
namespace {

constexpr std::size_t kLongestLine = 65536;

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

// Echo is off while this lives, and lines are as long as they are: the terminal itself would cut one at 4,095
// octets. A signal that would end the program comes after the terminal was put right.
class Silence {
 public:
  explicit Silence(int fd) : fd_(fd) {
    caught = 0;
    struct sigaction note{};
    note.sa_handler = [](int s) { caught = s; };  // no SA_RESTART: it cuts the read short
    sigset_t held;
    sigemptyset(&held);
    for (std::size_t i = 0; i < std::size(kSignals); ++i) {
      ::sigaction(kSignals[i], &note, &before_[i]);
      sigaddset(&held, kSignals[i]);
    }
    ::sigprocmask(SIG_BLOCK, &held, &let_through_);
    if (::tcgetattr(fd_, &mode_) != 0) return;
    auto quiet = mode_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO | ICANON);
    quiet.c_cc[VMIN] = 1;
    quiet.c_cc[VTIME] = 0;
    changed_ = ::tcsetattr(fd_, TCSAFLUSH, &quiet) == 0;
  }
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;
  ~Silence() {
    if (changed_) ::tcsetattr(fd_, TCSAFLUSH, &mode_);
    for (std::size_t i = 0; i < std::size(kSignals); ++i) ::sigaction(kSignals[i], &before_[i], nullptr);
    ::sigprocmask(SIG_SETMASK, &let_through_, nullptr);
  }
  bool works() const { return changed_; }
  const termios& mode() const { return mode_; }
  // The signals that may come while one waits, and then alone: one that came between two reads would go
  // unseen.
  const sigset_t& let_through() const { return let_through_; }

 private:
  static constexpr int kSignals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};
  int fd_;
  termios mode_{};
  struct sigaction before_[std::size(kSignals)]{};
  sigset_t let_through_{};
  bool changed_ = false;
};

constexpr std::string_view kNothingTyped = "nothing was typed", kTooLong = "the line is too long";

// The next octet typed; nothing at the end, or where a signal came.
std::optional<std::uint8_t> next_octet(int fd, const sigset_t* let_through = nullptr) {
  std::uint8_t c = 0;
  for (;;) {
    pollfd wait{fd, POLLIN, 0};
    if (::ppoll(&wait, 1, nullptr, let_through) < 0 && errno != EINTR) return std::nullopt;
    if (caught != 0) return std::nullopt;
    if (wait.revents == 0) continue;
    const auto n = ::read(fd, &c, 1);
    if (n == 1) return c;
    if (n == 0 || errno != EINTR) return std::nullopt;
  }
}

// One line into `out`, with the keys that erase as the terminal has them set; its length, or Denied where it
// was cut short.
Result<std::size_t> typed_line(int fd, const Silence& silence, ByteSpan out) {
  const auto& mode = silence.mode();
  std::size_t have = 0;
  for (;;) {
    const auto c = next_octet(fd, &silence.let_through());
    if (!c || (*c == mode.c_cc[VEOF] && have == 0)) return refuse(Refusal::Denied, kNothingTyped);
    if (*c == '\n' || *c == '\r' || *c == mode.c_cc[VEOF]) return have;
    if (*c == mode.c_cc[VERASE] || *c == '\b' || *c == 127) have -= have > 0;
    else if (*c == mode.c_cc[VKILL]) have = 0;
    else if (have == out.size()) return refuse(Refusal::TooLarge, kTooLong);
    else out[have++] = *c;
  }
}

// The same where the terminal itself edits the line and shows it.
Result<std::size_t> shown_line(int fd, ByteSpan out) {
  std::size_t have = 0;
  for (;;) {
    const auto c = next_octet(fd);
    if (!c) return refuse(Refusal::Denied, kNothingTyped);
    if (*c == '\n') return have;
    if (have == out.size()) return refuse(Refusal::TooLarge, kTooLong);
    out[have++] = *c;
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
      n = typed_line(terminal.fd(), silence, line.write(program::Pass::key()));
      terminal.say("\n");
    }
  }
  if (caught == SIGINT) std::exit(128 + SIGINT);
  if (caught != 0) ::raise(caught);
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
  TRY(const auto n, shown_line(terminal.fd(), line));
  const auto answer = as_text(ByteView(line).first(n));
  return answer == "y" || answer == "Y" || answer == "yes" || answer == "Yes" || answer == "YES";
}

}  // namespace jeton::terminal
