// Addresses of the whole Internet, told from those of this machine, this network and of special use (RFC 6890).
#pragma once

#include "blocks/net/address.h"

namespace jeton::net {

// False for loopback, private, link-local, shared, multicast, documentation and reserved addresses, and for IPv6 forms that carry an
// IPv4 address (NAT64, 6to4, Teredo). What is not known is not public.
bool is_public(const Address& address);

}  // namespace jeton::net
