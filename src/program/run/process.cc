#include "program/run/process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "program/cli/output.h"

namespace jeton::run {
namespace {

constexpr int kForTheCommand[] = {SIGCHLD, SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM, SIGWINCH, SIGTSTP};

}  // namespace

Pipe make_pipe() {
  int fds[2];
  if (::pipe2(fds, O_CLOEXEC) != 0) return {};
  return {Descriptor(fds[0]), Descriptor(fds[1])};
}

HeldSignals::HeldSignals() {
  sigset_t held;
  sigemptyset(&held);
  for (const int s : kForTheCommand) sigaddset(&held, s);
  ::sigprocmask(SIG_BLOCK, &held, &before_);
  fd_ = Descriptor(::signalfd(-1, &held, SFD_CLOEXEC | SFD_NONBLOCK));
  struct sigaction ignore{};
  ignore.sa_handler = SIG_IGN;
  ::sigaction(SIGPIPE, &ignore, &pipe_before_);
}

HeldSignals::~HeldSignals() { restore(); }

void HeldSignals::restore() const {
  ::sigaction(SIGPIPE, &pipe_before_, nullptr);
  ::sigprocmask(SIG_SETMASK, &before_, nullptr);
}

bool HeldSignals::next(signalfd_siginfo& info) const { return ::read(fd_.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info); }

void stop_self() {
  sigset_t stop, before;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTSTP);
  ::raise(SIGTSTP);                               // pending until it is let through
  ::sigprocmask(SIG_UNBLOCK, &stop, &before);     // stops here
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
}

void exec_child(const Launch& launch, const HeldSignals& signals, int report) {
  signals.restore();
  become(launch);
  const int error = errno;
  (void)!::write(report, &error, sizeof error);
  ::_exit(127);
}

int told_exec_error(const Launch& launch, int error) {
  const bool missing = error == ENOENT;
  const auto name = cli::printable(launch.words[0]);
  cli::fail(cli::kNo, name + (missing ? ": there is no such command" : ": it cannot be run"));
  return missing ? 127 : 126;
}

int exec_failed(const Launch& launch, int report) {
  int error = 0;
  ssize_t n;
  do n = ::read(report, &error, sizeof error);
  while (n < 0 && errno == EINTR);
  return n == static_cast<ssize_t>(sizeof error) ? told_exec_error(launch, error) : 0;
}

int exit_status(int status) { return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status); }

bool write_all(int fd, std::string_view octets) {
  while (!octets.empty()) {
    const auto n = ::write(fd, octets.data(), octets.size());
    if (n >= 0) {
      octets.remove_prefix(static_cast<std::size_t>(n));
    } else if (errno == EAGAIN) {
      pollfd p{fd, POLLOUT, 0};
      ::poll(&p, 1, -1);
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

}  // namespace jeton::run
