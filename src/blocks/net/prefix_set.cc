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
  first_v4_ = static_cast<std::size_t>(std::find_if(prefixes_.begin(), prefixes_.end(), [](const Prefix& p) { return p.base.is_v4(); }) -
                                       prefixes_.begin());
}

const Prefix* PrefixSet::find(const Address& a) const {
  // The last one that starts at or before the address: prefixes do not overlap, so no other can hold it.
  const bool v4 = a.is_v4();
  const Prefix* candidate = prefixes_.data() + (v4 ? first_v4_ : 0);
  std::size_t left = v4 ? prefixes_.size() - first_v4_ : first_v4_;
  if (left == 0) return nullptr;
  // Of IPv4 addresses the upper halves are alike.
  const std::uint64_t high = a.high(), low = a.low();
  const auto begins = [&](const Address& base) { return v4 || base.high() == high ? base.low() <= low : base.high() < high; };
  while (left > 1) {
    const std::size_t half = left / 2;
    if (begins(candidate[half].base)) candidate += half;
    left -= half;
  }
  return candidate->holds(a) ? candidate : nullptr;
}

}  // namespace jeton::net
