// Where the server may be sent to by what others told it: public addresses, and what its operator names.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "blocks/net/prefix_set.h"

namespace jeton::fetch {

// Immutable; any thread.
class Guard {
 public:
  Guard() = default;
  // Names of hosts, addresses and prefixes that are allowed though they are not public.
  explicit Guard(const std::vector<std::string>& allowed);
  // Whether a connection to that address may be made, for that host. Asked with the address that the name was
  // resolved to, at the moment of the connection: what the name means before or after does not matter.
  bool lets(std::string_view host, const net::Address& address) const;
  // Whether the URL is one to keep: https (http where its host is allowed by name or address), no user name,
  // no address that is refused.
  bool lets(std::string_view url) const;

 private:
  bool named(std::string_view host) const;
  std::vector<std::string> hosts_;
  net::PrefixSet prefixes_;
};

// Of "https://host:port/path": the host, lower case, without brackets; empty where it is no http or https
// address or has a user name.
std::string host_of(std::string_view url);

}  // namespace jeton::fetch
