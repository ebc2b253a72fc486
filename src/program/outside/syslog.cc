#include "program/outside/syslog.h"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "authority/audit/text.h"

namespace jeton::outside {
namespace {

constexpr std::string_view kCursor = "audit.syslog_cursor";
constexpr std::size_t kAtOnce = 500;
constexpr int kPatienceMs = 3000;
// Facility "log audit" (13), severity "notice" (5) (RFC 5424 §6.2.1).
constexpr int kPriority = 13 * 8 + 5;

std::unexpected<Failure> not_taken() { return fault(Fault::Io, "the syslog server does not take audit events"); }

std::string host_name() {
  char name[256] = "-";
  if (::gethostname(name, sizeof name - 1) != 0 || name[0] == '\0') return "-";
  std::string out;
  for (const char c : std::string_view(name)) out += c > 0x20 && c < 0x7f ? c : '-';
  return out;
}

bool writable(int fd) {
  pollfd p{fd, POLLOUT, 0};
  return ::poll(&p, 1, kPatienceMs) == 1 && (p.revents & (POLLERR | POLLHUP)) == 0;
}

int connect_unix(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return -1;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd >= 0 && ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return fd;
  if (fd >= 0) ::close(fd);
  return -1;
}

bool came_about(int fd) {
  int error = 0;
  socklen_t size = sizeof error;
  return writable(fd) && ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0;
}

int connect_inet(std::string_view to, bool stream) {
  const auto colon = to.rfind(':');
  auto host = std::string(to.substr(0, colon));
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  addrinfo wanted{}, *found = nullptr;
  wanted.ai_socktype = stream ? SOCK_STREAM : SOCK_DGRAM;
  if (::getaddrinfo(host.c_str(), std::string(to.substr(colon + 1)).c_str(), &wanted, &found) != 0) return -1;
  int fd = -1;
  for (const auto* at = found; at != nullptr && fd < 0; at = at->ai_next) {
    fd = ::socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, at->ai_protocol);
    if (fd < 0) continue;
    if (::connect(fd, at->ai_addr, at->ai_addrlen) == 0 || (errno == EINPROGRESS && came_about(fd))) break;
    ::close(fd);
    fd = -1;
  }
  ::freeaddrinfo(found);
  return fd;
}

}  // namespace

std::string syslog_message(const ledger::AuditEvent& e, std::string_view host, int process) {
  // [RFC5424 §6.2.7] 32 printable characters at most.
  std::string id;
  for (const char c : std::string_view(e.action).substr(0, 32)) id += c > 0x20 && c < 0x7f ? c : '-';
  std::string out = "<" + std::to_string(kPriority) + ">1 " + to_rfc3339(e.at) + " " + std::string(host) + " jeton " +
                    std::to_string(process) + " " + (id.empty() ? "-" : id);
  // [RFC5424 §7.3.1] begins anew behind its greatest value.
  out += " [meta sequenceId=\"" + std::to_string((e.number - 1) % 2147483647 + 1) + "\"] " + audit::json_text(e);
  return out;
}

Syslog::Syslog(ledger::Ledger& ledger, std::string to) : ledger_(ledger), to_(std::move(to)), stream_(to_.starts_with("tcp:")) {}

Syslog::~Syslog() { close(); }

void Syslog::close() {
  if (socket_ >= 0) ::close(socket_);
  socket_ = -1;
}

Status Syslog::connect() {
  // A server that went away is noticed before anything is given to a socket that would swallow it.
  char octet;
  if (socket_ >= 0 && stream_ && ::recv(socket_, &octet, 1, MSG_DONTWAIT | MSG_PEEK) == 0) close();
  if (socket_ >= 0) return {};
  const std::string_view to(to_);
  socket_ = to.starts_with("unix:") ? connect_unix(to_.substr(5)) : connect_inet(to.substr(4), stream_);
  return socket_ < 0 ? Status(not_taken()) : Status();
}

Status Syslog::write(const std::string& message) {
  std::string_view left = message;
  while (!left.empty()) {
    const auto n = ::send(socket_, left.data(), left.size(), MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && (errno == EAGAIN || errno == ENOBUFS) && writable(socket_)) continue;
    if (n < 0) return not_taken();
    left.remove_prefix(stream_ ? static_cast<std::size_t>(n) : left.size());
  }
  return {};
}

Result<bool> Syslog::send() {
  if (!cursor_) {
    TRY(const auto kept, ledger_.setting(kCursor));
    std::uint64_t number = 0;
    if (kept) std::from_chars(kept->value.data(), kept->value.data() + kept->value.size(), number);
    cursor_ = at_ = number;
  }
  TRY(const auto events, ledger_.audit_after(*cursor_, kAtOnce));
  if (events.empty()) return false;
  static const auto host = host_name();
  const auto before = *cursor_;
  auto done = connect();
  for (const auto& e : events) {
    if (!done) break;
    auto message = syslog_message(e, host, static_cast<int>(::getpid()));
    if (stream_) message = std::to_string(message.size()) + " " + message;
    done = write(message);
    if (done) cursor_ = e.number;
  }
  if (!done) close();
  reached_ = done.has_value();
  if (*cursor_ != before) TRY_VOID(ledger_.commit({ledger::PutSetting{{std::string(kCursor), std::to_string(*cursor_), 0}}}));
  at_ = *cursor_;
  if (!done) return std::unexpected(done.error());
  return events.size() == kAtOnce;
}

}  // namespace jeton::outside
