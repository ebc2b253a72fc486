#include "blocks/net/forwarded.h"

#include <array>
#include <optional>

namespace jeton::net {
namespace {

constexpr std::size_t kMostHops = 32;

struct Chain {
  std::array<Address, kMostHops> hops;
  std::size_t count = 0;
  bool broken = false;

  void add(std::optional<Address> hop) {
    if (!hop || count == kMostHops) {
      broken = true;
      return;
    }
    hops[count++] = *hop;
  }
};

bool iequals(std::string_view a, std::string_view lower) {
  if (a.size() != lower.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if ((a[i] >= 'A' && a[i] <= 'Z' ? a[i] + 32 : a[i]) != lower[i]) return false;
  return true;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool good_port(std::string_view port) {
  if (port.empty() || port.size() > 5) return false;
  for (const char c : port)
    if (c < '0' || c > '9') return false;
  return true;
}

// "192.0.2.1", "192.0.2.1:80", "2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:80".
std::optional<Address> hop(std::string_view text) {
  if (text.starts_with('[')) {
    const auto close = text.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    const auto rest = text.substr(close + 1);
    if (!rest.empty() && !(rest[0] == ':' && good_port(rest.substr(1)))) return std::nullopt;
    const auto inner = text.substr(1, close - 1);
    if (inner.find(':') == std::string_view::npos) return std::nullopt;
    return Address::parse(inner);
  }
  const auto colon = text.find(':');
  if (colon != std::string_view::npos && text.find(':', colon + 1) == std::string_view::npos) {
    if (!good_port(text.substr(colon + 1))) return std::nullopt;
    text = text.substr(0, colon);
  }
  return Address::parse(text);
}

// The for= parameter of one element of Forwarded; nothing where it has none, or an obfuscated one.
std::optional<Address> forwarded_for(std::string_view element) {
  while (!element.empty()) {
    const auto end = std::min(element.find(';'), element.size());
    auto pair = trim(element.substr(0, end));
    element.remove_prefix(std::min(end + 1, element.size()));
    if (pair.size() < 4 || !iequals(pair.substr(0, 4), "for=")) continue;
    pair.remove_prefix(4);
    if (pair.size() >= 2 && pair.front() == '"' && pair.back() == '"') pair = pair.substr(1, pair.size() - 2);
    return hop(pair);
  }
  return std::nullopt;
}

template <class Read>
void add_all(Chain& chain, std::string_view list, Read&& read) {
  for (;;) {
    const auto comma = list.find(',');
    chain.add(read(trim(list.substr(0, comma))));
    if (comma == std::string_view::npos || chain.broken) return;
    list.remove_prefix(comma + 1);
  }
}

}  // namespace

Address client_address(const Address& peer, std::span<const HeaderField> fields, const PrefixSet& trusted) {
  if (!peer.is_none() && !trusted.holds(peer)) return peer;
  Chain plain, standard;
  for (const auto& f : fields) {
    if (iequals(f.name, "x-forwarded-for")) add_all(plain, f.value, hop);
    if (iequals(f.name, "forwarded")) add_all(standard, f.value, forwarded_for);
  }
  const bool both = (plain.count > 0 || plain.broken) && (standard.count > 0 || standard.broken);
  const Chain& chain = standard.count > 0 ? standard : plain;
  if (both || plain.broken || standard.broken || chain.count == 0) return peer;
  for (std::size_t i = chain.count; i-- > 1;)
    if (!trusted.holds(chain.hops[i])) return chain.hops[i];
  return chain.hops[0];
}

}  // namespace jeton::net
