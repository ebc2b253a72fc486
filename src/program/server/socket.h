// Descriptors: owned, listened on, and who is at the other end.
#pragma once

#include <sys/socket.h>

#include <string>

#include "ground/descriptor.h"
#include "ground/result.h"
#include "program/server/server.h"

namespace jeton::server {

// A socket that listens and does not block. Io where the address cannot be had.
Result<Descriptor> listen_on(const net::Address& address, std::uint16_t port);
// The same in the file system, for its owner alone; a socket that was left there is taken away.
Result<Descriptor> listen_on(const std::string& path);
std::uint16_t port_of(const Descriptor& listening);

struct Listening {
  Descriptor fd;
  Speaks speaks = Speaks::Plain;
};

// One caller, taken without waiting; errno says why there is none.
struct Caller {
  Descriptor fd;
  http::Origin origin;   // an address, or on a Unix socket a uid
  Speaks speaks = Speaks::Plain;
};
Caller accept_from(const Listening& listening);

}  // namespace jeton::server
