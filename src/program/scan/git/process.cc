#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "program/scan/git/repository.h"

extern char** environ;

namespace jeton::scan::git {

Process::Process(const std::string& folder, std::vector<std::string> words) {
  // A repository may be anybody's: no pager, no file monitor, no fetching of what is missing, no question.
  std::vector<std::string> all = {"git", "--no-pager",
                                  "-c",  "core.fsmonitor=false",
                                  "-c",  "core.quotePath=false",
                                  "-c",  "log.showSignature=false",
                                  "-c",  "core.hooksPath=/dev/null",
                                  "-C",  folder};
  if (!words.empty() && words[0] == "rev-parse") all.erase(all.begin() + 8, all.begin() + 10);   // asks where the hooks are
  all.insert(all.end(), words.begin(), words.end());
  std::vector<char*> argv;
  for (auto& w : all) argv.push_back(w.data());
  argv.push_back(nullptr);
  std::vector<std::string> variables = {"GIT_OPTIONAL_LOCKS=0", "GIT_TERMINAL_PROMPT=0", "GIT_NO_LAZY_FETCH=1", "LC_ALL=C"};
  std::vector<char*> env;
  for (auto& v : variables) env.push_back(v.data());
  for (char** at = environ; *at != nullptr; ++at) env.push_back(*at);
  env.push_back(nullptr);
  int to[2], from[2];
  if (::pipe2(to, O_CLOEXEC) != 0) return;
  if (::pipe2(from, O_CLOEXEC) != 0) {
    ::close(to[0]);
    ::close(to[1]);
    return;
  }
  pid_ = ::fork();
  if (pid_ == 0) {
    ::dup2(to[0], 0);
    ::dup2(from[1], 1);
    const int null = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    ::dup2(null, 2);
    ::signal(SIGPIPE, SIG_DFL);
    ::execvpe("git", argv.data(), env.data());
    ::_exit(127);
  }
  ::close(to[0]);
  ::close(from[1]);
  in_ = to[1];
  out_ = from[0];
}

Process::~Process() {
  if (pid_ > 0) wait();
}

ssize_t Process::read(char* to, std::size_t size) {
  ssize_t n;
  do n = ::read(out_, to, size);
  while (n < 0 && errno == EINTR);
  return n;
}

bool Process::write(std::string_view octets) {
  while (!octets.empty()) {
    const auto n = ::write(in_, octets.data(), octets.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    octets.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

void Process::close_input() {
  if (in_ >= 0) ::close(in_);
  in_ = -1;
}

int Process::wait() {
  close_input();
  if (out_ >= 0) ::close(out_);
  out_ = -1;
  int status = 0;
  if (pid_ > 0) {
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {}
  }
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

}  // namespace jeton::scan::git
