#include "program/server/socket.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

namespace jeton::server {
namespace {

constexpr int kBacklog = 1024;

union Endpoint {
  sockaddr any;
  sockaddr_in v4;
  sockaddr_in6 v6;
  sockaddr_un local;
};

net::Address address_of(const Endpoint& end) {
  std::array<std::uint8_t, 4> four;
  std::array<std::uint8_t, 16> sixteen;
  if (end.any.sa_family == AF_INET) {
    std::memcpy(four.data(), &end.v4.sin_addr, four.size());
    return net::Address::v4(four);
  }
  if (end.any.sa_family != AF_INET6) return {};
  std::memcpy(sixteen.data(), &end.v6.sin6_addr, sixteen.size());
  return net::Address::v6(sixteen);
}

// Its size; an IPv4 address stands at the end of its mapped form.
socklen_t write(const net::Address& address, std::uint16_t port, Endpoint& end) {
  const auto& octets = address.octets();
  if (address.is_v4()) {
    end.v4 = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {}, .sin_zero = {}};
    std::memcpy(&end.v4.sin_addr, octets.data() + 12, 4);
    return sizeof end.v4;
  }
  end.v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_flowinfo = 0, .sin6_addr = {}, .sin6_scope_id = 0};
  std::memcpy(&end.v6.sin6_addr, octets.data(), octets.size());
  return sizeof end.v6;
}

Descriptor new_socket(int family) { return Descriptor(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)); }

}  // namespace

Result<Descriptor> listen_on(const net::Address& address, std::uint16_t port) {
  Endpoint end{};
  const auto size = write(address, port, end);
  Descriptor fd = new_socket(end.any.sa_family);
  const int on = 1;
  // Accepted sockets inherit TCP_NODELAY.
  const bool listens = fd && ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
                       ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0 && ::bind(fd.get(), &end.any, size) == 0 &&
                       ::listen(fd.get(), kBacklog) == 0;
  if (!listens) return fault(Fault::Io, "the address cannot be listened on: is another server using it?");
  return fd;
}

Result<Descriptor> listen_on(const std::string& path) {
  Endpoint end{};
  end.local.sun_family = AF_UNIX;
  if (path.size() >= sizeof end.local.sun_path) return fault(Fault::Io, "the data folder's path is too long for a socket");
  std::memcpy(end.local.sun_path, path.data(), path.size());
  // One that a server left behind when it was killed; whoever is alive holds the store's lock.
  ::unlink(path.c_str());
  Descriptor fd = new_socket(AF_UNIX);
  const auto mask = ::umask(0177);
  const bool bound = fd && ::bind(fd.get(), &end.any, sizeof end.local) == 0;
  ::umask(mask);
  if (!bound || ::listen(fd.get(), kBacklog) != 0) return fault(Fault::Io, "the admin socket cannot be made in the data folder");
  return fd;
}

std::uint16_t port_of(const Descriptor& listening) {
  Endpoint end{};
  socklen_t size = sizeof end;
  if (::getsockname(listening.get(), &end.any, &size) != 0) return 0;
  return ntohs(end.any.sa_family == AF_INET ? end.v4.sin_port : end.v6.sin6_port);
}

Caller accept_from(const Listening& listening) {
  Endpoint end{};
  socklen_t size = sizeof end;
  Caller caller{Descriptor(::accept4(listening.fd.get(), &end.any, &size, SOCK_NONBLOCK | SOCK_CLOEXEC)), {}, listening.speaks};
  if (!caller.fd) return caller;
  auto& origin = caller.origin;
  if (end.any.sa_family != AF_UNIX) {
    origin.peer = address_of(end);
    return caller;
  }
  ucred credentials{};
  size = sizeof credentials;
  if (::getsockopt(caller.fd.get(), SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) {
    errno = ECONNABORTED;
    return {};
  }
  origin.uid = credentials.uid;
  origin.administrator = credentials.uid == 0 || credentials.uid == ::geteuid();
  return caller;
}

}  // namespace jeton::server
