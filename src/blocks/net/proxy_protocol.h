// The PROXY protocol, versions 1 and 2: the words a proxy says before a caller's own, on whose behalf it connects.
#pragma once

#include <optional>
#include <string_view>

#include "blocks/net/address.h"
#include "ground/result.h"

namespace jeton::net {

// The longest preamble that is read: version 1 has at most 107 octets, version 2 more only where proxies add much of their own.
inline constexpr std::size_t kMostPreamble = 4096;

struct Preamble {
  std::size_t size = 0;             // octets of it; what is behind them is the caller's
  std::optional<Address> source;  // nothing where the proxy speaks for itself, or does not know: the peer's own address is the caller's
};

// Reads what stands at the front of `octets`. Nothing where more of it must come. Malformed: no preamble, one with an address that is
// none, or a longer one than any.
Result<std::optional<Preamble>> read_preamble(std::string_view octets);

}  // namespace jeton::net
