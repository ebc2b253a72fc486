// Where this program may be sent to by what others told it: public addresses, and what its operator names.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "blocks/net/prefix_set.h"
#include "ground/result.h"

namespace jeton::net {

// The front of an http or https URL.
struct Target {
  bool tls = false;
  std::string host;   // small letters, without brackets
  int port = 0;
};
// Without user, fragment or anything but visible ASCII, at most 2048 characters. Invalid otherwise.
Result<Target> target_of(std::string_view url);

// Immutable; any thread.
class Guard {
 public:
  Guard() = default;
  // Names of hosts, addresses and prefixes that are allowed though they are not public, also over http.
  explicit Guard(const std::vector<std::string>& allowed);
  // Whether a connection to that address may be made, for that host. Asked with the address that the name was resolved to, at the moment of
  // the connection: what the name means before or after does not matter.
  bool lets(std::string_view host, const Address& address) const;
  // Whether the URL is one to keep: https (http where its host is allowed), and no address that is refused. Invalid, with what to do, otherwise.
  Status may_keep(std::string_view url) const;
  bool lets(std::string_view url) const { return may_keep(url).has_value(); }

 private:
  bool named(std::string_view host) const;
  std::vector<std::string> hosts_;
  PrefixSet prefixes_;
};

}  // namespace jeton::net
