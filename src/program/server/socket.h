// Descriptors: owned, listened on, and who is at the other end.
#pragma once

#include <sys/socket.h>

#include <string>
#include <utility>

#include "program/server/server.h"
#include "ground/result.h"

namespace jeton::server {

// A descriptor, closed when it dies.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Fd();
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

// A socket that listens and does not block. Io where the address cannot be had.
Result<Fd> listen_on(const net::Address& address, std::uint16_t port);
// The same in the file system, for its owner alone; a socket that was left there is taken away.
Result<Fd> listen_on(const std::string& path);
std::uint16_t port_of(const Fd& listening);

struct Listening {
  Fd fd;
  Speaks speaks = Speaks::Plain;
};

// One caller, taken without waiting; errno says why there is none.
struct Caller {
  Fd fd;
  http::Origin origin;   // an address, or on a Unix socket a uid
  Speaks speaks = Speaks::Plain;
};
Caller accept_from(const Listening& listening);

}  // namespace jeton::server
