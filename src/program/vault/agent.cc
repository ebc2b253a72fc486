#include "program/vault/agent.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>

#include "ground/secret_pass.h"

namespace jeton::vault {
namespace {

// One octet asks; the answer to 'k' is the key's 32 octets, to 'q' one 'q'.
constexpr char kAskKey = 'k', kAskEnd = 'q';
constexpr int kPatience = 2000;   // milliseconds for one exchange

struct Address {
  sockaddr_un name{};
  static Result<Address> of(const std::string& path) {
    Address a;
    a.name.sun_family = AF_UNIX;
    if (path.size() >= sizeof a.name.sun_path)
      return refuse(Refusal::TooLarge, "the agent's socket has too long a path: set XDG_RUNTIME_DIR");
    std::memcpy(a.name.sun_path, path.data(), path.size());
    return a;
  }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&name); }
};

// Whether the process at the other end is this user's.
bool same_user(int fd) {
  ucred peer{};
  socklen_t size = sizeof peer;
  return ::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && size == sizeof peer && peer.uid == ::geteuid();
}

bool wait_for(int fd, short events, int patience) {
  pollfd p{fd, events, 0};
  int n;
  do n = ::poll(&p, 1, patience);
  while (n < 0 && errno == EINTR);
  return n == 1 && (p.revents & events) != 0;
}

std::int64_t boot_millis() {
  timespec t{};
  ::clock_gettime(CLOCK_BOOTTIME, &t);   // goes on while the machine sleeps
  return t.tv_sec * 1000 + t.tv_nsec / 1'000'000;
}

// Connected, or -1 with nobody there.
Result<int> reach(const std::string& socket) {
  TRY(const auto address, Address::of(socket));
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return fault(Fault::Io, "no socket to be had");
  if (::connect(fd, address.get(), sizeof address.name) != 0) {
    ::close(fd);
    return -1;
  }
  if (!same_user(fd)) {
    ::close(fd);
    return refuse(Refusal::Denied, "the agent's socket belongs to another user");
  }
  return fd;
}

Result<bool> exchange(const std::string& socket, char ask, ByteSpan answer) {
  TRY(const int fd, reach(socket));
  if (fd < 0) return false;
  bool good = ::send(fd, &ask, 1, MSG_NOSIGNAL) == 1;
  for (std::size_t have = 0; good && have < answer.size();) {
    good = wait_for(fd, POLLIN, kPatience);
    const auto n = good ? ::recv(fd, answer.data() + have, answer.size() - have, 0) : 0;
    good = n > 0;
    if (good) have += static_cast<std::size_t>(n);
  }
  ::close(fd);
  if (!good) return fault(Fault::Io, "the agent does not answer");
  return true;
}

// Serves one caller. False: it is to end.
bool serve_one(int fd, const Secret& key) {
  char ask = 0;
  if (!same_user(fd) || !wait_for(fd, POLLIN, kPatience) || ::recv(fd, &ask, 1, 0) != 1) return true;
  if (ask == kAskEnd) {
    (void)!::send(fd, &ask, 1, MSG_NOSIGNAL);
    return false;
  }
  const auto octets = key.read(program::Pass::key());
  if (ask == kAskKey) (void)!::send(fd, octets.data(), octets.size(), MSG_NOSIGNAL);
  return true;
}

volatile std::sig_atomic_t told_to_end = 0;

// The agent's whole life. Its memory is neither dumped, traced nor swapped.
void live(int listener, const Secret& key, std::int64_t end) {
  ::prctl(PR_SET_DUMPABLE, 0);
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  const auto octets = key.read(program::Pass::key());
  (void)::mlock(octets.data(), octets.size());
  struct sigaction quit{};
  quit.sa_handler = [](int) { told_to_end = 1; };
  for (const int s : {SIGTERM, SIGINT, SIGHUP}) ::sigaction(s, &quit, nullptr);
  while (told_to_end == 0) {
    const auto left = end - boot_millis();
    if (left <= 0) break;
    pollfd p{listener, POLLIN, 0};
    // Looks at the clock now and then: poll's own clock stands while the machine sleeps.
    if (::poll(&p, 1, static_cast<int>(std::min<std::int64_t>(left, 10'000))) <= 0) continue;
    const int fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) continue;
    const bool more = serve_one(fd, key);
    ::close(fd);
    if (!more) break;
  }
}

Result<int> listen_at(const std::string& path) {
  TRY(const auto address, Address::of(path));
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const auto mask = ::umask(0177);   // 0600 from its first moment
  const bool good = fd >= 0 && ::bind(fd, address.get(), sizeof address.name) == 0 && ::listen(fd, 16) == 0;
  ::umask(mask);
  if (good) return fd;
  if (fd >= 0) ::close(fd);
  return fault(Fault::Io, "the agent's socket cannot be made");
}

// Lets go of everything of the process that started it.
void leave_parent(int keep) {
  ::setsid();
  (void)!::chdir("/");
  const int null = ::open("/dev/null", O_RDWR);
  for (int fd = 0; fd < 3; ++fd) ::dup2(null, fd);
  // What else the caller had open stays its own: a pipe held here would never end for its reader.
  for (int fd = 3; fd < 1024; ++fd)
    if (fd != keep) ::close(fd);
}

}  // namespace

std::string socket_path(const std::string& vault, const VaultId& id) {
  const auto name = "/vault-" + to_hex(ByteView(id).first(8)) + ".sock";
  const char* run = std::getenv("XDG_RUNTIME_DIR");
  struct stat about{};
  if (run != nullptr && ::stat(run, &about) == 0 && S_ISDIR(about.st_mode) && about.st_uid == ::geteuid() && (about.st_mode & 077) == 0) {
    const auto folder = std::string(run) + "/jeton";
    ::mkdir(folder.c_str(), 0700);
    return folder + name;
  }
  std::error_code error;
  const auto beside = std::filesystem::absolute(vault, error).parent_path().string();
  return beside + name;
}

Result<Secret> ask_agent(const std::string& socket) {
  Secret key(32);
  TRY(const bool there, exchange(socket, kAskKey, key.write(program::Pass::key())));
  if (!there) return refuse(Refusal::NotFound, "the vault is locked");
  return key;
}

Result<bool> end_agent(const std::string& socket) {
  std::uint8_t bye = 0;
  TRY(const bool there, exchange(socket, kAskEnd, {&bye, 1}));
  if (there) ::unlink(socket.c_str());
  return there;
}

Status start_agent(const std::string& socket, const Secret& data_key, Seconds life) {
  TRY_VOID(end_agent(socket));
  const auto fresh = socket + "." + std::to_string(::getpid());
  ::unlink(fresh.c_str());
  TRY(const int listener, listen_at(fresh));
  const auto end = boot_millis() + life.count() * 1000;
  // It listens before anybody is told of it, and takes the name in one step.
  const pid_t child = ::rename(fresh.c_str(), socket.c_str()) == 0 ? ::fork() : -1;
  if (child < 0) {
    ::close(listener);
    ::unlink(fresh.c_str());
    return fault(Fault::Io, "the agent cannot be started");
  }
  if (child == 0) {
    if (::fork() != 0) ::_exit(0);
    leave_parent(listener);
    auto held = data_key.clone();
    live(listener, held, end);
    // The name may be another agent's by now, who then ended this one: so only a dead socket is taken away.
    ::close(listener);
    if (auto other = reach(socket); other && *other < 0) ::unlink(socket.c_str());
    wipe(held.write(program::Pass::key()));
    ::_exit(0);
  }
  ::close(listener);
  ::waitpid(child, nullptr, 0);
  TRY(const auto held, ask_agent(socket));
  return held.equal(data_key) ? Status() : fault(Fault::Io, "another agent answers");
}

}  // namespace jeton::vault
