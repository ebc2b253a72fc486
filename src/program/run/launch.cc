#include "program/run/launch.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

#include "program/run/process.h"

extern char** environ;

namespace jeton::run {
namespace {

// One stream of the command's output on its way: from `source`, masked, to the descriptor `to`.
struct Stream {
  Descriptor source;       // ours to read
  Descriptor given;        // the command's end, until it has it
  int to;
  MaskedStream mask;

  // False at its end.
  bool pump();
};

bool Stream::pump() {
  char room[16384];
  const auto n = ::read(source.get(), room, sizeof room);
  if (n < 0 && (errno == EINTR || errno == EAGAIN)) return true;
  std::string out;
  if (n > 0) mask.feed({room, static_cast<std::size_t>(n)}, out);
  else mask.end(out);   // end of file, or EIO: nobody has the terminal open any more
  const bool read_by_some = write_all(to, out);
  if (n > 0 && read_by_some) return true;
  source.close();   // where nobody reads, the command learns it as it would without us
  return false;
}

// A pipe; where the descriptor is a terminal, one that tells the command so.
Stream make_stream(int to, const MaskedValues& values) {
  if (::isatty(to) != 0) {
    termios mode{};
    winsize size{};
    ::tcgetattr(to, &mode);
    ::ioctl(to, TIOCGWINSZ, &size);
    mode.c_oflag &= ~static_cast<tcflag_t>(OPOST);   // the real one does that
    int ours = -1, theirs = -1;
    if (::openpty(&ours, &theirs, nullptr, &mode, &size) == 0) {
      ::fcntl(ours, F_SETFD, FD_CLOEXEC);
      ::fcntl(theirs, F_SETFD, FD_CLOEXEC);
      return {Descriptor(ours), Descriptor(theirs), to, MaskedStream(values)};
    }
  }
  auto pipe = make_pipe();
  return {std::move(pipe.read), std::move(pipe.write), to, MaskedStream(values)};
}

// Both outputs are one thing, as after 2>&1: then they stay one, in their order.
bool same(int a, int b) {
  struct stat x{}, y{};
  return ::fstat(a, &x) == 0 && ::fstat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

std::vector<std::unique_ptr<Stream>> make_streams(const Launch& launch) {
  std::vector<std::unique_ptr<Stream>> streams;
  if (launch.mask == nullptr || launch.mask->empty()) return streams;
  if (::fcntl(1, F_GETFD) >= 0) streams.push_back(std::make_unique<Stream>(make_stream(1, *launch.mask)));
  if (::fcntl(2, F_GETFD) >= 0 && (streams.empty() || !same(1, 2)))
    streams.push_back(std::make_unique<Stream>(make_stream(2, *launch.mask)));
  return streams;
}

// One round of whatever is ready; `patience` in milliseconds.
void pump_ready(std::vector<std::unique_ptr<Stream>>& streams, int signals, int patience) {
  pollfd wait[3];
  nfds_t count = 0;
  for (const auto& s : streams) wait[count++] = {s->source.get(), POLLIN, 0};
  if (signals >= 0) wait[count++] = {signals, POLLIN, 0};
  if (::poll(wait, count, patience) <= 0) return;
  for (std::size_t i = streams.size(); i-- > 0;)
    if (wait[i].revents != 0 && !streams[i]->pump()) streams.erase(streams.begin() + static_cast<std::ptrdiff_t>(i));
}

bool any_ready(const std::vector<std::unique_ptr<Stream>>& streams) {
  pollfd wait[2];
  nfds_t count = 0;
  for (const auto& s : streams) wait[count++] = {s->source.get(), POLLIN, 0};
  return count > 0 && ::poll(wait, count, 0) > 0;
}

// The terminal sends its signals to the whole group: the command has them already. Those that were meant for us it gets now.
void hand_on(const HeldSignals& signals, pid_t child) {
  signalfd_siginfo info;
  while (signals.next(info)) {
    const int s = static_cast<int>(info.ssi_signo);
    const bool by_kernel = info.ssi_code == SI_KERNEL;
    if (s == SIGCHLD || s == SIGWINCH) continue;
    if (!by_kernel) ::kill(child, s);
    if (s == SIGTSTP) {
      stop_self();
      ::kill(child, SIGCONT);
    }
  }
}

// What a process left behind by the command still writes is masked by one left behind by us.
void leave_behind(std::vector<std::unique_ptr<Stream>>& streams) {
  if (streams.empty() || ::fork() != 0) return;
  ::signal(SIGINT, SIG_IGN);
  while (!streams.empty()) pump_ready(streams, -1, -1);
  ::_exit(0);
}

int attend(pid_t child, std::vector<std::unique_ptr<Stream>>& streams, const HeldSignals& signals) {
  int status = 0;
  for (;;) {
    pump_ready(streams, signals.fd(), -1);
    hand_on(signals, child);
    const auto ended = ::waitpid(child, &status, WNOHANG);
    if (ended == child) break;
    if (ended < 0 && errno != EINTR) return 1;
  }
  while (any_ready(streams)) pump_ready(streams, -1, 0);
  leave_behind(streams);
  return exit_status(status);
}

}  // namespace

void become(const Launch& launch) {
  std::vector<char*> words, variables;
  for (const auto& w : launch.words) words.push_back(const_cast<char*>(w.c_str()));
  for (const auto& v : launch.environment) variables.push_back(const_cast<char*>(v.c_str()));
  words.push_back(nullptr);
  variables.push_back(nullptr);
  char** const before = environ;
  environ = variables.data();   // the command is looked for in the PATH it gets
  ::execvp(words[0], words.data());
  environ = before;
}

int become_or_tell(const Launch& launch) {
  become(launch);
  return told_exec_error(launch, errno);
}

int run_and_wait(const Launch& launch) {
  const bool masked = launch.mask != nullptr && !launch.mask->empty();
  if (masked && ::isatty(0) != 0 && ::isatty(1) != 0 && same(1, 2)) return run_in_terminal(launch);
  const HeldSignals signals;
  auto streams = make_streams(launch);
  auto report = make_pipe();
  const bool joined = streams.size() == 1 && same(1, 2);
  const pid_t child = ::fork();
  if (child < 0) return told_exec_error(launch, errno);
  if (child == 0) {
    for (const auto& s : streams) ::dup2(s->given.get(), s->to);
    if (joined) ::dup2(1, 2);
    exec_child(launch, signals, report.write.get());
  }
  report.write.close();
  for (const auto& s : streams) s->given.close();
  if (const int failed = exec_failed(launch, report.read.get()); failed != 0) {
    ::waitpid(child, nullptr, 0);
    return failed;
  }
  return attend(child, streams, signals);
}

}  // namespace jeton::run
