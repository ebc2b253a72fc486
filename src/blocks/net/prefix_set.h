// Many prefixes, asked as one.
#pragma once

#include <vector>

#include "blocks/net/address.h"

namespace jeton::net {

// Immutable; merged into sorted ranges, asked by binary search without allocating. Any thread.
class PrefixSet {
 public:
  PrefixSet() = default;
  explicit PrefixSet(std::vector<Prefix> prefixes);
  // Whether any prefix holds it; no address is held by none.
  bool holds(const Address& a) const { return find(a) != nullptr; }
  // The widest prefix that holds it, or null. Lives as long as the set.
  const Prefix* find(const Address& a) const;
  bool empty() const { return prefixes_.empty(); }
  std::size_t size() const { return prefixes_.size(); }

 private:
  std::vector<Prefix> prefixes_;   // IPv6, then IPv4; sorted by first address; none inside another
  std::size_t first_v4_ = 0;
};

}  // namespace jeton::net
