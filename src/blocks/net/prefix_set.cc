#include "blocks/net/prefix_set.h"

#include <algorithm>

namespace jeton::net {

PrefixSet::PrefixSet(std::vector<Prefix> prefixes) : prefixes_(std::move(prefixes)) {
  // By base, the wider first; then whatever lies inside the one before it goes.
  std::sort(prefixes_.begin(), prefixes_.end());
  std::vector<Prefix> kept;
  for (const auto& p : prefixes_)
    if (kept.empty() || p.bits < kept.back().bits || !kept.back().holds(p.base)) kept.push_back(p);
  prefixes_ = std::move(kept);
}

const Prefix* PrefixSet::find(const Address& a) const {
  // The last one that starts at or before the address: prefixes do not overlap, so no other can hold it.
  const auto after = std::upper_bound(prefixes_.begin(), prefixes_.end(), a,
                                      [](const Address& x, const Prefix& p) { return x < p.base; });
  if (after == prefixes_.begin()) return nullptr;
  const Prefix& candidate = *std::prev(after);
  return candidate.holds(a) ? &candidate : nullptr;
}

}  // namespace jeton::net
