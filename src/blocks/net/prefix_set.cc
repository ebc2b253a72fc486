#include "blocks/net/prefix_set.h"

#include <algorithm>

namespace jeton::net {

PrefixSet::PrefixSet(std::vector<Prefix> prefixes) : prefixes_(std::move(prefixes)) {
  // IPv6 first: IPv4 stands at ::ffff:0:0, inside ::/0, and is not of it. Then by base, the wider first; whatever lies inside the one
  // before it goes.
  std::sort(prefixes_.begin(), prefixes_.end(),
            [](const Prefix& a, const Prefix& b) { return a.base.is_v4() != b.base.is_v4() ? b.base.is_v4() : a < b; });
  std::vector<Prefix> kept;
  for (const auto& p : prefixes_)
    if (kept.empty() || p.bits < kept.back().bits || !kept.back().holds(p.base)) kept.push_back(p);
  prefixes_ = std::move(kept);
}

const Prefix* PrefixSet::find(const Address& a) const {
  // The last one that starts at or before the address: prefixes do not overlap, so no other can hold it.
  std::size_t left = prefixes_.size();
  if (left == 0) return nullptr;
  const Prefix* candidate = prefixes_.data();
  const std::uint64_t high = a.high(), low = a.low();
  const auto begins = [&](const Address& base) {
    if (base.is_v4() != a.is_v4()) return a.is_v4();
    const std::uint64_t h = base.high(), l = base.low();
    return h != high ? h < high : l != low ? l < low : base <= a;
  };
  while (left > 1) {
    const std::size_t half = left / 2;
    if (begins(candidate[half].base)) candidate += half;
    left -= half;
  }
  return candidate->holds(a) ? candidate : nullptr;
}

}  // namespace jeton::net
