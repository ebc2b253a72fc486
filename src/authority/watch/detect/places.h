// Where uses come from: what of it is new to a history, and how far it is from where it was.
#pragma once

#include <algorithm>

#include "authority/watch/detect/histories.h"
#include "authority/watch/detect/thresholds.h"

namespace jeton::watch {

// The network an address is counted under: its /24, or its /48 of IPv6. Never zero.
std::uint64_t network_key(const net::Address& address);
// The address itself, likewise.
std::uint64_t address_key(const net::Address& address);

// True where `value` was among them; it is from now on, in place of an empty one or of the last.
template <class List>
bool known(List& list, typename List::value_type value) {
  const auto at = std::find(list.begin(), list.end(), value);
  if (at != list.end()) return true;
  const auto empty = std::find(list.begin(), list.end(), 0);
  if (empty != list.end()) {
    *empty = value;
  } else {
    std::rotate(list.begin(), list.end() - 1, list.end());
    list.front() = value;
  }
  return false;
}

// What of a use's place a history did not know.
struct Novelty {
  std::size_t at = 0;             // the place its network has now
  bool prefix = false, asn = false, country = false;
  bool countries_known = false;   // whether the history knew any: the first one there is says nothing
  bool pushed_out_used = false;   // the network took the place of one that was used within a day
  // Another network of an operator who is known is no news, unless it is in another country.
  bool place(std::uint32_t operator_number) const { return prefix && (country || asn || operator_number == 0); }
};

// Notes where a use came from; what of it was new. `key` is the address's network_key.
template <class History>
Novelty note_place(History& h, std::uint64_t key, const Where& where, std::uint32_t now) {
  Novelty n{.prefix = true};
  for (std::size_t i = 0; i < h.networks.size() && n.prefix; ++i) {
    if (h.networks[i] == key) n.at = i, n.prefix = false;
    else if (h.network_used[i] < h.network_used[n.at]) n.at = i;
  }
  n.pushed_out_used = n.prefix && h.networks[n.at] != 0 && now - h.network_used[n.at] < thresholds::kLearning;
  h.networks[n.at] = key;
  h.network_used[n.at] = now;
  n.asn = where.asn != 0 && !known(h.operators, where.asn);
  const auto country =
      static_cast<std::uint16_t>(static_cast<unsigned char>(where.country[0]) << 8 | static_cast<unsigned char>(where.country[1]));
  n.countries_known = h.countries[0] != 0;
  // A network that is known and lies elsewhere since is news of the database, not of the token.
  n.country = country != 0 && !known(h.countries, country) && n.countries_known && n.prefix;
  return n;
}

// Kilometres between that place and this, where nobody travels so fast; else 0.
std::uint64_t too_far(const Located& last, const Where& where, std::uint32_t now);

}  // namespace jeton::watch
