// The address a request really came from, as far as our own proxies can tell.
#pragma once

#include <span>
#include <string_view>
#include <utility>

#include "blocks/net/prefix_set.h"

namespace jeton::net {

struct HeaderField {
  std::string_view name, value;
};

// Walks X-Forwarded-For, or Forwarded (RFC 7239) where that is absent, from the right to the first hop that is not trusted.
// The peer itself where it is not trusted, where no field names a hop, where the chain is malformed or too long, and where both
// fields are there. A peer without an address (a Unix socket) is trusted as a proxy. Allocates nothing.
Address client_address(const Address& peer, std::span<const HeaderField> fields, const PrefixSet& trusted);

}  // namespace jeton::net
