#include "blocks/net/guard.h"

#include <algorithm>

#include "blocks/net/public.h"

namespace jeton::net {
namespace {

constexpr std::size_t kLongest = 2048;

char small(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool good_host(std::string_view host) {
  if (host.empty() || host.size() > 253) return false;
  for (const char c : host)
    if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.')) return false;
  return host.front() != '.' && host.front() != '-';
}

Result<int> port_of(std::string_view text, int standard) {
  if (text.empty()) return standard;
  int port = 0;
  for (const char c : text.substr(1)) {
    if (c < '0' || c > '9' || port > 65535) return refuse(Refusal::Invalid, "url: the port is not a number");
    port = port * 10 + (c - '0');
  }
  if (text[0] != ':' || port == 0 || port > 65535) return refuse(Refusal::Invalid, "url: the port is not one");
  return port;
}

}  // namespace

Result<Target> target_of(std::string_view url) {
  if (url.size() > kLongest) return refuse(Refusal::Invalid, "url: at most 2048 characters");
  for (const char c : url)
    if (c <= 0x20 || c >= 0x7f || c == '\\' || c == '#') return refuse(Refusal::Invalid, "url: visible ASCII, without a fragment");
  Target t;
  t.tls = url.starts_with("https://");
  if (!t.tls && !url.starts_with("http://")) return refuse(Refusal::Invalid, "url: https:// is expected");
  auto rest = url.substr(t.tls ? 8 : 7);
  rest = rest.substr(0, rest.find_first_of("/?"));
  if (rest.find('@') != std::string_view::npos) return refuse(Refusal::Invalid, "url: no user or password in it");
  const bool bracket = rest.starts_with('[');
  const auto end = bracket ? rest.find(']') : rest.find(':');
  if (bracket && end == std::string_view::npos) return refuse(Refusal::Invalid, "url: a bracket is not closed");
  t.host = bracket ? rest.substr(1, end - 1) : rest.substr(0, end);
  std::transform(t.host.begin(), t.host.end(), t.host.begin(), small);
  if (t.host.ends_with('.')) t.host.pop_back();
  if (bracket ? !Address::parse(t.host) : !good_host(t.host)) return refuse(Refusal::Invalid, "url: the host is not a name or an address");
  const auto after = end == std::string_view::npos ? std::string_view() : rest.substr(bracket ? end + 1 : end);
  TRY(t.port, port_of(after, t.tls ? 443 : 80));
  return t;
}

Guard::Guard(const std::vector<std::string>& allowed) {
  std::vector<Prefix> prefixes;
  for (const auto& one : allowed) {
    if (const auto prefix = Prefix::parse(one)) {
      prefixes.push_back(*prefix);
      continue;
    }
    auto& host = hosts_.emplace_back(one);
    std::ranges::transform(host, host.begin(), small);
  }
  prefixes_ = PrefixSet(std::move(prefixes));
}

bool Guard::named(std::string_view host) const { return std::ranges::find(hosts_, host) != hosts_.end(); }

bool Guard::lets(std::string_view host, const Address& address) const {
  if (address.is_none()) return false;
  return named(host) || prefixes_.holds(address) || is_public(address);
}

Status Guard::may_keep(std::string_view url) const {
  TRY(const auto target, target_of(url));
  const auto address = Address::parse(target.host);
  if (named(target.host) || (address && prefixes_.holds(*address))) return {};
  if (!target.tls) return refuse(Refusal::Invalid, "url: https:// is expected; http:// goes to hosts of outbound.allow alone");
  const bool local = target.host == "localhost" || target.host.ends_with(".localhost") || (address && !is_public(*address));
  // An address in no spelling of ours (octal, hex, short forms) is one for others: refused where it could be one.
  const bool numeric = !address && target.host.find_first_not_of("0123456789.") == std::string::npos;
  if (local || numeric || target.host.starts_with("0x"))
    return refuse(Refusal::Invalid,
                  "url: this machine and private networks are refused; outbound.allow in the configuration names exceptions");
  return {};
}

}  // namespace jeton::net
