#include "blocks/net/public.h"

#include "blocks/net/prefix_set.h"

namespace jeton::net {
namespace {

std::vector<Prefix> prefixes(std::initializer_list<std::string_view> texts) {
  std::vector<Prefix> out;
  for (const auto text : texts)
    if (const auto p = Prefix::parse(text)) out.push_back(*p);
  return out;
}

}  // namespace

bool is_public(const Address& address) {
  static const PrefixSet kSpecial4(
      prefixes({"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
                "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3"}));
  static const PrefixSet kGlobal6(prefixes({"2000::/3"})), kSpecial6(prefixes({"2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"}));
  if (address.is_none()) return false;
  if (address.is_v4()) return !kSpecial4.holds(address);
  return kGlobal6.holds(address) && !kSpecial6.holds(address);
}

}  // namespace jeton::net
