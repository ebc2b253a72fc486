#include "program/fetch/guard.h"

#include <algorithm>
#include <array>

namespace jeton::fetch {
namespace {

// Not to be reached from the Internet, or standing for something else (RFC 6890 and what IANA added): tunnels
// carry IPv4 addresses inside.
constexpr std::array<std::string_view, 27> kNotPublic = {
    "0.0.0.0/8",      "10.0.0.0/8",   "100.64.0.0/10",  "127.0.0.0/8",    "169.254.0.0/16", "172.16.0.0/12",
    "192.0.0.0/24",   "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15",  "198.51.100.0/24",
    "203.0.113.0/24", "224.0.0.0/4",  "240.0.0.0/4",    "::/96",          "64:ff9b::/96",   "64:ff9b:1::/48",
    "100::/64",       "2001::/23",    "2001:db8::/32",  "2002::/16",      "3fff::/20",      "5f00::/16",
    "fc00::/7",       "fe80::/9",     "ff00::/8"};

const net::PrefixSet& not_public() {
  static const net::PrefixSet set = [] {
    std::vector<net::Prefix> all;
    for (const auto text : kNotPublic) all.push_back(*net::Prefix::parse(text));
    return net::PrefixSet(std::move(all));
  }();
  return set;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return out;
}

}  // namespace

std::string host_of(std::string_view url) {
  const auto all = lower(url.substr(0, 8));
  if (!all.starts_with("https://") && !all.starts_with("http://")) return {};
  auto host = url.substr(url.find("://") + 3);
  host = host.substr(0, host.find_first_of("/?#\\"));
  if (host.find('@') != std::string_view::npos) return {};
  if (host.starts_with('[')) {
    const auto end = host.find(']');
    return end == std::string_view::npos ? std::string() : lower(host.substr(1, end - 1));
  }
  return lower(host.substr(0, host.find(':')));
}

Guard::Guard(const std::vector<std::string>& allowed) {
  std::vector<net::Prefix> prefixes;
  for (const auto& one : allowed) {
    if (const auto prefix = net::Prefix::parse(one))
      prefixes.push_back(*prefix);
    else
      hosts_.push_back(lower(one));
  }
  prefixes_ = net::PrefixSet(std::move(prefixes));
}

bool Guard::named(std::string_view host) const {
  return std::find(hosts_.begin(), hosts_.end(), host) != hosts_.end();
}

bool Guard::lets(std::string_view host, const net::Address& address) const {
  if (address.is_none()) return false;
  return named(host) || prefixes_.holds(address) || !not_public().holds(address);
}

bool Guard::lets(std::string_view url) const {
  const auto host = host_of(url);
  if (host.empty()) return false;
  const auto address = net::Address::parse(host);
  const bool allowed = named(host) || (address && prefixes_.holds(*address));
  if (allowed) return true;
  if (lower(url.substr(0, 8)) != "https://") return false;
  // Other spellings of an address ("127.1", "0x7f000001", "2130706433") are none of a host.
  const bool numbers = host.find_first_not_of("0123456789.") == std::string::npos || host.starts_with("0x") ||
                       host.find(':') != std::string::npos;
  if (address) return !not_public().holds(*address);
  return !numbers && host != "localhost" && !host.ends_with(".localhost");
}

}  // namespace jeton::fetch
