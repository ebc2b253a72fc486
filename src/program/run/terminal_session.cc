// A masked command at a terminal. It gets a terminal of its own, as under script(1) or sudo: what is typed goes to that one, what
// it shows is masked on its way to the real one. A process between us and the command leads the new session, so that the command can
// be stopped and continued: a session's leader itself never stops.
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>

#include "program/run/process.h"

namespace jeton::run {
namespace {

// From the leader: 'x' the command ended, 's' it stopped. To it: 'c' continue, 'k' send a signal.
struct Note {
  char what = 0;
  int value = 0;
};

void send_note(int fd, char what, int value) {
  const Note note{what, value};
  (void)!::send(fd, &note, sizeof note, MSG_NOSIGNAL);
}

// The session's leader, until the command has ended.
class Leader {
 public:
  Leader(int terminal, int line) : terminal_(terminal), line_(line) {}

  [[noreturn]] void live(const Launch& launch, const HeldSignals& signals, int report) {
    ::setsid();
    ::ioctl(terminal_, TIOCSCTTY, 0);
    child_ = ::fork();
    if (child_ == 0) {
      ::setpgid(0, 0);
      ::tcsetpgrp(terminal_, ::getpid());   // SIGTTOU is not sent: it is ignored here
      for (int fd = 0; fd < 3; ++fd) ::dup2(terminal_, fd);
      ::signal(SIGTTOU, SIG_DFL);
      exec_child(launch, signals, report);
    }
    ::close(report);
    for (int fd = 0; fd < 3; ++fd) ::close(fd);   // the command alone keeps its terminal open
    if (child_ < 0) ::_exit(1);
    ::setpgid(child_, child_);
    for (;;) once(signals);
  }

 private:
  void once(const HeldSignals& signals) {
    pollfd wait[] = {{signals.fd(), POLLIN, 0}, {line_, POLLIN, 0}};
    ::poll(wait, 2, -1);
    signalfd_siginfo info;
    while (signals.next(info)) {}
    look_after();
    if (wait[1].revents == 0) return;
    Note note;
    if (::recv(line_, &note, sizeof note, 0) != static_cast<ssize_t>(sizeof note)) {
      ::kill(-child_, SIGHUP);   // the one with the real terminal is gone
      ::_exit(1);
    }
    if (note.what == 'k') ::kill(child_, note.value);
    if (note.what == 'c') {
      ::tcsetpgrp(terminal_, child_);
      ::kill(-child_, SIGCONT);
    }
  }

  void look_after() {
    int status = 0;
    while (::waitpid(child_, &status, WNOHANG | WUNTRACED) == child_) {
      if (WIFSTOPPED(status)) {
        send_note(line_, 's', WSTOPSIG(status));
        continue;
      }
      send_note(line_, 'x', exit_status(status));
      ::_exit(0);
    }
  }

  int terminal_, line_;
  pid_t child_ = -1;
};

// The real terminal, handing every key on while this lives.
class RawTerminal {
 public:
  RawTerminal() { ::tcgetattr(0, &before_); }
  RawTerminal(const RawTerminal&) = delete;
  RawTerminal& operator=(const RawTerminal&) = delete;
  ~RawTerminal() { restore(); }
  const termios& before() const { return before_; }
  void raw() {
    auto mode = before_;
    ::cfmakeraw(&mode);
    raw_ = ::tcsetattr(0, TCSADRAIN, &mode) == 0;
  }
  void restore() {
    if (raw_) ::tcsetattr(0, TCSADRAIN, &before_);
    raw_ = false;
  }

 private:
  termios before_{};
  bool raw_ = false;
};

// The side of the real terminal.
class Front {
 public:
  Front(Descriptor master, Descriptor line, RawTerminal& terminal, const MaskedValues& values)
      : master_(std::move(master)), line_(std::move(line)), terminal_(terminal), mask_(values) {}

  int attend(const HeldSignals& signals) {
    terminal_.raw();
    take_size();
    while (status_ < 0) once(signals);
    while (master_ && ready()) show();
    std::string out;
    mask_.end(out);
    write_all(1, out);
    return status_;
  }

 private:
  // A prompt that ends with a value's first letters appears after this time.
  static constexpr int kPromptPatience = 50;
  static constexpr std::size_t kMostLetGo = 2;

  void once(const HeldSignals& signals) {
    pollfd wait[] = {{line_.get(), POLLIN, 0}, {signals.fd(), POLLIN, 0}, {master_.get(), POLLIN, 0}, {typing_ ? 0 : -1, POLLIN, 0}};
    if (::poll(wait, 4, mask_.holds() ? kPromptPatience : -1) == 0) {
      std::string out;
      mask_.let_go(kMostLetGo, out);
      write_all(1, out);
    }
    if (wait[2].revents != 0) show();
    if (wait[3].revents != 0) type();
    if (wait[1].revents != 0) signalled(signals);
    if (wait[0].revents != 0) noted();
  }

  bool ready() {
    pollfd p{master_.get(), POLLIN, 0};
    return ::poll(&p, 1, 0) > 0;
  }

  void show() {
    char room[16384];
    const auto n = ::read(master_.get(), room, sizeof room);
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) return;
    if (n <= 0) return master_.close();   // EIO: nobody has it open any more
    std::string out;
    mask_.feed({room, static_cast<std::size_t>(n)}, out);
    write_all(1, out);
  }

  void type() {
    char room[4096];
    const auto n = ::read(0, room, sizeof room);
    if (n < 0 && errno == EINTR) return;
    if (n <= 0) typing_ = false;
    else if (master_) write_all(master_.get(), {room, static_cast<std::size_t>(n)});
  }

  void signalled(const HeldSignals& signals) {
    signalfd_siginfo info;
    while (signals.next(info)) {
      const int s = static_cast<int>(info.ssi_signo);
      if (s == SIGWINCH) take_size();
      else if (s != SIGCHLD) send_note(line_.get(), 'k', s);
    }
  }

  void noted() {
    Note note;
    if (::recv(line_.get(), &note, sizeof note, 0) != static_cast<ssize_t>(sizeof note)) {
      status_ = 1;   // the leader was killed
      return;
    }
    if (note.what == 'x') status_ = note.value;
    if (note.what != 's') return;
    // The command stopped: so do we, for the shell we were started from.
    while (master_ && ready()) show();
    terminal_.restore();
    stop_group();
    terminal_.raw();
    take_size();
    send_note(line_.get(), 'c', 0);
  }

  // All of our job, for a shell waits until all of it has stopped.
  void stop_group() {
    sigset_t stop, before;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTSTP);
    ::kill(0, SIGTSTP);
    ::sigprocmask(SIG_UNBLOCK, &stop, &before);
    ::sigprocmask(SIG_SETMASK, &before, nullptr);
  }

  void take_size() {
    winsize size{};
    if (::ioctl(0, TIOCGWINSZ, &size) == 0) ::ioctl(master_.get(), TIOCSWINSZ, &size);
  }

  Descriptor master_, line_;
  RawTerminal& terminal_;
  MaskedStream mask_;
  bool typing_ = true;
  int status_ = -1;
};

}  // namespace

int run_in_terminal(const Launch& launch) {
  const HeldSignals signals;
  RawTerminal terminal;
  winsize size{};
  ::ioctl(0, TIOCGWINSZ, &size);
  int master = -1, slave = -1, line[2];
  if (::openpty(&master, &slave, nullptr, &terminal.before(), &size) != 0 ||
      ::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, line) != 0)
    return told_exec_error(launch, errno);
  ::fcntl(master, F_SETFD, FD_CLOEXEC);
  ::fcntl(slave, F_SETFD, FD_CLOEXEC);
  Descriptor ours(line[0]), theirs(line[1]), front(master), back(slave);
  auto report = make_pipe();
  const pid_t leader = ::fork();
  if (leader < 0) return told_exec_error(launch, errno);
  if (leader == 0) {
    ours.close();
    front.close();
    report.read.close();
    ::signal(SIGTTOU, SIG_IGN);
    Leader(back.get(), theirs.get()).live(launch, signals, report.write.get());
  }
  theirs.close();
  back.close();
  report.write.close();
  const int failed = exec_failed(launch, report.read.get());
  const int status = failed != 0 ? failed : Front(std::move(front), std::move(ours), terminal, *launch.mask).attend(signals);
  ours.close();
  ::waitpid(leader, nullptr, 0);
  return status;
}

}  // namespace jeton::run
