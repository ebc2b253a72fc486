#include <array>

#include "authority/clients/clients.h"

namespace jeton::clients {
namespace {

constexpr std::array<std::string_view, 4> kTypes = {"web", "spa", "native", "machine"};
constexpr std::array<std::string_view, 2> kLoopback = {"http://127.0.0.1", "http://[::1]"};

constexpr auto bad(std::string_view what) { return refuse(Refusal::Invalid, what); }

bool plain(std::string_view uri) {
  for (const char c : uri)
    if (c <= 0x20 || c >= 0x7f || c == '"' || c == '<' || c == '>' || c == '\\' || c == '^' || c == '`' || c == '{' || c == '|' || c == '}')
      return false;
  return !uri.empty() && uri.size() <= 2000 && uri.find('#') == std::string_view::npos && uri.find('*') == std::string_view::npos;
}

// "http://127.0.0.1[:port]/…" taken apart; nothing where it is not a loopback literal.
struct Loopback {
  std::string_view host, rest;   // rest: from the path on
};
std::optional<Loopback> loopback(std::string_view uri) {
  for (const auto host : kLoopback) {
    if (!uri.starts_with(host)) continue;
    auto rest = uri.substr(host.size());
    if (rest.starts_with(':')) {
      rest.remove_prefix(1);
      std::size_t digits = 0;
      unsigned port = 0;
      while (digits < rest.size() && rest[digits] >= '0' && rest[digits] <= '9' && digits < 6)
        port = port * 10 + static_cast<unsigned>(rest[digits++] - '0');
      if (digits == 0 || digits > 5 || port > 65535) return std::nullopt;
      rest.remove_prefix(digits);
    }
    if (!rest.empty() && rest[0] != '/' && rest[0] != '?') return std::nullopt;
    return Loopback{host, rest};
  }
  return std::nullopt;
}

std::string_view authority(std::string_view uri) {
  const auto from = uri.find("://");
  if (from == std::string_view::npos) return {};
  const auto rest = uri.substr(from + 3);
  return rest.substr(0, rest.find_first_of("/?"));
}

// Segments of dots would let a registered path mean another one to some servers.
bool has_dot_segment(std::string_view uri) {
  for (const std::string_view dots : {"/../", "/./", "/%2e", "/%2E", "/.%2e", "/.%2E"})
    if (uri.find(dots) != std::string_view::npos) return true;
  return uri.ends_with("/..") || uri.ends_with("/.");
}

}  // namespace

std::string_view name(ledger::ClientType type) { return kTypes[static_cast<std::size_t>(type)]; }

std::optional<ledger::ClientType> type(std::string_view text) {
  for (std::size_t i = 0; i < kTypes.size(); ++i)
    if (kTypes[i] == text) return static_cast<ledger::ClientType>(i);
  return std::nullopt;
}

Status good_redirect(ledger::ClientType type, std::string_view uri) {
  if (type == ledger::ClientType::Machine) return bad("redirect_uris: a machine client has none");
  if (!plain(uri) || has_dot_segment(uri)) return bad("redirect_uris: an absolute URI without fragment, wildcard or dot segments");
  if (uri.starts_with("https://")) {
    const auto host = authority(uri);
    if (host.empty() || host.find('@') != std::string_view::npos) return bad("redirect_uris: https with a host and no user name");
    return {};
  }
  // [RFC8252 §7.3] loopback literals; "localhost" may be resolved to anything.
  if (loopback(uri)) {
    if (type == ledger::ClientType::Native) return {};
    // Development of web and single-page applications: on loopback, the port as registered.
    return {};
  }
  const auto colon = uri.find(':');
  const auto scheme = uri.substr(0, colon);
  // [RFC8252 §7.1] a private-use scheme is a reversed domain name: it has a dot.
  const bool private_use =
      type == ledger::ClientType::Native && colon != std::string_view::npos && scheme.find('.') != std::string_view::npos &&
      scheme.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789+-.") == std::string_view::npos && scheme[0] >= 'a' && scheme[0] <= 'z';
  if (private_use) return {};
  return bad("redirect_uris: https, http on 127.0.0.1 or [::1], or for native clients a private scheme such as com.example.app:/cb");
}

bool redirect_allowed(ledger::ClientType type, const std::vector<std::string>& registered, std::string_view presented) {
  if (!good_redirect(type, presented)) return false;
  for (const auto& one : registered) {
    if (!good_redirect(type, one)) continue;
    if (one == presented) return true;
    if (type != ledger::ClientType::Native) continue;
    const auto a = loopback(one), b = loopback(presented);
    if (a && b && a->host == b->host && a->rest == b->rest) return true;
  }
  return false;
}

}  // namespace jeton::clients
