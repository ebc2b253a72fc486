#include "program/config/config.h"

#include <algorithm>
#include <charconv>

#include "authority/keys/master_source.h"
#include "authority/notify/mail.h"

namespace jeton::config {
namespace {

constexpr Setting kSettings[] = {
    {"listen", Kind::List, "127.0.0.1:8420",
     "addresses and ports to serve on, as 127.0.0.1:8420 or [::1]:8420; with http:// before it one is plain though there is a certificate"},
    {"issuer", Kind::Text, "",
     "the address tokens name as their issuer; http:// (https:// with a certificate) and the first of `listen` where empty"},
    {"store", Kind::Text, "", "sqlite:PATH, or memory:; a file in the data folder where empty"},
    {"master_key", Kind::Text, "",
     "file:PATH, credential:NAME, env:NAME, passphrase:file:PATH (or credential, env) or pkcs11:…; a file in the data folder where empty"},
    {"trusted_proxies", Kind::List, "127.0.0.0/8,::1/128", "whose X-Forwarded-* fields are believed"},
    {"proxy_protocol", Kind::Flag, "false",
     "true: every connection from one of `trusted_proxies` begins with a PROXY preamble (version 1 or 2), which names the caller"},
    {"tls_certificate", Kind::Text, "", "file with a certificate and its chain in PEM: `listen` is served over TLS"},
    {"tls_key", Kind::Text, "", "file with that certificate's key in PEM, for its owner alone to read"},
    {"tls_client_ca", Kind::Text, "",
     "file with authorities in PEM whose client certificates are believed, or any: callers are asked for a certificate, and no name in it is believed"},
    {"mtls_address", Kind::Text, "",
     "https address at which clients show certificates where that is another one than `issuer`: documents name it in mtls_endpoint_aliases"},
    {"client_certificate_header", Kind::Text, "",
     "the field in which trusted proxies pass the caller's certificate on: PEM, percent-encoded, as nginx's $ssl_client_escaped_cert"},
    {"geo_database", Kind::List, "",
     "files in MaxMind's format (countries, cities, network operators); none where empty. Read again when they change"},
    {"threads", Kind::Number, "0", "threads that read and write; 0 is one a core"},
    {"workers", Kind::Number, "32", "threads that may wait for the store"},
    {"max_connections", Kind::Number, "10000", "connections at once"},
    {"max_body", Kind::Number, "8388608", "octets of a request's body"},
    {"timeout.head", Kind::Duration, "10s", "for a request's head to come in"},
    {"timeout.body", Kind::Duration, "30s", "for a request's body to come in"},
    {"timeout.idle", Kind::Duration, "75s", "before an idle connection is closed"},
    {"timeout.write", Kind::Duration, "30s", "for a caller to take an answer"},
    {"timeout.drain", Kind::Duration, "10s", "for requests to finish when the server stops"},
    {"cached_jwts", Kind::Number, "32768", "verified JWTs kept to be recognised"},
    {"watch", Kind::Flag, "true",
     "false: nothing is kept of calls that are let in or refused: no alerts on how tokens are used, no counts by day, no last use"},
    {"password.passes", Kind::Number, "2", "Argon2id passes over the memory, 1 to 64"},
    {"password.memory", Kind::Number, "19456", "KiB of memory one password's hash takes, 8192 to 1048576"},
    {"log.level", Kind::Text, "info", "trace, debug, info, warn, error or off"},
    {"log.requests", Kind::Text, "errors", "which requests are logged: all, errors or none"},
    {"saml.metadata_refresh", Kind::Duration, "1h", "how often SAML metadata at an address is fetched again"},
    {"outbound.allow", Kind::List, "",
     "hosts, addresses and prefixes that are not public and may be called all the same (webhooks, receivers of security events, logout notices, client documents and keys)"},
    {"audit.syslog", Kind::Text, "",
     "where audit events are sent too: unix:PATH, udp:HOST:PORT or tcp:HOST:PORT (RFC 5424); nowhere where empty"},
    {"audit.sink_down", Kind::Text, "wait",
     "while that place cannot be reached: wait (events are sent later) or refuse (nothing is changed but what takes away, until it is back; tokens are checked all the same)"},
    {"webhook.retries", Kind::List, "5s,5m,30m,2h,5h,10h,14h,20h,24h",
     "the waits between attempts to deliver; after the last one a delivery is dead"},
    {"signals.waiting", Kind::Number, "1000",
     "security events that wait for one receiver at most, 1 to 100000; then its stream is stopped, and that is told"},
    {"signals.hold", Kind::Duration, "30s", "how long a receiver's poll waits for an event, up to 5m; 0s: it is answered at once"},
    {"smtp.url", Kind::Text, "",
     "the mail server, as smtp://mail.example.com:587 (STARTTLS) or smtps://mail.example.com; no mail where empty"},
    {"smtp.from", Kind::Text, "", "the address mail comes from"},
    {"smtp.credentials", Kind::Text, "", "file:PATH or credential:NAME that holds user:password for the mail server"},
    {"leaks.github_keys", Kind::Text, "",
     "a file with the public keys GitHub signs leak reports with, as its API serves them; its reports are refused where empty"},
    {"identity.token_id", Kind::Text, "X-Jeton-Token-Id", "the field /verify names the token in"},
    {"identity.kind", Kind::Text, "X-Jeton-Kind", "the field for the token's kind"},
    {"identity.subject", Kind::Text, "X-Jeton-Subject", "the field for the subject"},
    {"identity.client", Kind::Text, "X-Jeton-Client", "the field for the client"},
    {"identity.device", Kind::Text, "X-Jeton-Device", "the field for the device"},
    {"identity.scope", Kind::Text, "X-Jeton-Scope", "the field for the scopes"},
};

const Setting* find(std::string_view key) {
  for (const auto& s : kSettings)
    if (s.key == key) return &s;
  return nullptr;
}

std::vector<std::string> split(std::string_view list) {
  std::vector<std::string> items;
  while (!list.empty()) {
    const auto item = list.substr(0, list.find(','));
    list.remove_prefix(std::min(item.size() + 1, list.size()));
    items.emplace_back(item);
  }
  return items;
}

bool good_number(const std::string& text) {
  std::size_t n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  return error == std::errc() && end == text.data() + text.size();
}

bool field_name(std::string_view text) {
  for (const char c : text)
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-')) return false;
  return !text.empty();
}

bool good_sink(std::string_view text) {
  if (text.starts_with("unix:/")) return true;
  if (!text.starts_with("udp:") && !text.starts_with("tcp:")) return false;
  const auto colon = text.rfind(':');
  return colon > 4 && good_number(std::string(text.substr(colon + 1)));
}

// [RFC8414 §2] [OpenID.Discovery §3] An issuer has a host, and neither query nor fragment; users' names have no business in it.
bool good_issuer(std::string_view text) {
  const auto scheme = text.starts_with("https://") ? 8u : text.starts_with("http://") ? 7u : 0u;
  const auto rest = text.substr(scheme);
  const auto visible = [](char c) { return c > 0x20 && c < 0x7f; };
  return scheme != 0 && !rest.empty() && rest[0] != '/' && rest[0] != ':' && rest.back() != '/' &&
         std::all_of(rest.begin(), rest.end(), visible) && rest.find_first_of("?#@\\\"<>") == std::string_view::npos;
}

// What is wrong with a value, or nothing.
std::string_view wrong(const Setting& s, const std::vector<std::string>& items) {
  const auto one_of = [&](std::initializer_list<std::string_view> words) {
    return std::find(words.begin(), words.end(), items[0]) != words.end();
  };
  if (s.kind != Kind::List && items.size() != 1) return "one value is expected";
  if (s.kind == Kind::Number && !good_number(items[0])) return "a whole number is expected";
  if (s.kind == Kind::Duration && !parse_duration(items[0])) return "a duration such as 30s or 12h is expected";
  if (s.kind == Kind::Flag && !one_of({"true", "false"})) return "true or false is expected";
  if (s.key == "client_certificate_header" && !items[0].empty() && !field_name(items[0])) return "a header field's name is expected";
  if (s.key == "trusted_proxies")
    for (const auto& item : items)
      if (!net::Prefix::parse(item)) return "prefixes such as 10.0.0.0/8 are expected";
  if (s.key == "outbound.allow")
    for (const auto& item : items)
      if (item.empty() || (item.find_first_of("/:@ ") != std::string::npos && !net::Prefix::parse(item)))
        return "hosts such as hooks.internal, addresses and prefixes such as 10.1.0.0/16 are expected";
  if (s.key == "password.passes" && (std::stoull(items[0]) < 1 || std::stoull(items[0]) > 64)) return "1 to 64 is expected";
  if (s.key == "password.memory" && (std::stoull(items[0]) < 8192 || std::stoull(items[0]) > 1048576)) return "8192 to 1048576 is expected";
  if (s.key == "audit.sink_down" && !one_of({"wait", "refuse"})) return "wait or refuse is expected";
  if (s.key == "audit.syslog" && !items[0].empty() && !good_sink(items[0])) return "unix:PATH, udp:HOST:PORT or tcp:HOST:PORT is expected";
  if (s.key == "smtp.url" && !items[0].empty() && !items[0].starts_with("smtp://") && !items[0].starts_with("smtps://"))
    return "smtp://HOST:PORT or smtps://HOST is expected";
  if (s.key == "smtp.from" && !items[0].empty() && !notify::good_mailbox(items[0]))
    return "an address such as jeton@example.com is expected";
  if (s.key == "smtp.credentials" && !items[0].empty() && !items[0].starts_with("file:") && !items[0].starts_with("credential:"))
    return "file:PATH or credential:NAME is expected";
  if (s.key == "webhook.retries")
    for (const auto& item : items)
      if (!parse_duration(item)) return "durations such as 5s,5m,2h are expected";
  if (s.key == "signals.waiting" && (items[0].size() > 6 || std::stoull(items[0]) < 1 || std::stoull(items[0]) > 100000))
    return "1 to 100000 is expected";
  if (s.key == "signals.hold" && *parse_duration(items[0]) > Seconds(300)) return "up to 5m is expected";
  if (s.key == "log.level" && !one_of({"trace", "debug", "info", "warn", "error", "off"}))
    return "trace, debug, info, warn, error or off is expected";
  if (s.key == "log.requests" && !one_of({"all", "errors", "none"})) return "all, errors or none is expected";
  if (s.key.starts_with("identity.") && !field_name(items[0])) return "a header field's name is expected";
  if (s.key == "issuer" && !items[0].empty() && !good_issuer(items[0]))
    return "an http or https address without a slash at the end, a query and a fragment is expected";
  if (s.key == "mtls_address" && !items[0].empty() && (!items[0].starts_with("https://") || items[0].ends_with('/')))
    return "an https address without a slash at the end is expected";
  if (s.key == "master_key" && !items[0].empty() && !keys::wrong_source(items[0]).empty()) return keys::wrong_source(items[0]);
  if (s.key == "store" && !items[0].empty() && !items[0].starts_with("sqlite:") && items[0] != "memory:")
    return "sqlite:PATH or memory: is expected";
  return {};
}

}  // namespace

std::span<const Setting> settings() { return kSettings; }

std::string variable_of(std::string_view key) {
  std::string out = "JETON_";
  for (const char c : key) out += c == '.' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
  return out;
}

Config::Config() {
  for (const auto& s : kSettings)
    values_[std::string(s.key)] = {s.kind == Kind::List ? split(s.standard) : std::vector<std::string>{std::string(s.standard)}, "default"};
}

std::expected<void, Problem> Config::set(std::string_view key, std::vector<std::string> items, std::string origin) {
  const auto* setting = find(key);
  if (setting == nullptr) return std::unexpected(origin + ": there is no setting \"" + std::string(key) + "\"");
  if (const auto what = wrong(*setting, items); !what.empty())
    return std::unexpected(origin + ": " + std::string(key) + ": " + std::string(what));
  values_[std::string(key)] = {std::move(items), std::move(origin)};
  return {};
}

std::expected<void, Problem> Config::read_environment(const std::map<std::string, std::string>& environment) {
  for (const auto& s : kSettings) {
    const auto name = variable_of(s.key);
    const auto at = environment.find(name);
    if (at == environment.end()) continue;
    if (auto done = set(s.key, s.kind == Kind::List ? split(at->second) : std::vector{at->second}, name); !done) return done;
  }
  return {};
}

const std::string& Config::text(std::string_view key) const { return values_.find(key)->second.items[0]; }
const std::vector<std::string>& Config::list(std::string_view key) const { return values_.find(key)->second.items; }
std::size_t Config::number(std::string_view key) const { return std::stoull(text(key)); }
bool Config::flag(std::string_view key) const { return text(key) == "true"; }
Seconds Config::duration(std::string_view key) const { return *parse_duration(text(key)); }

}  // namespace jeton::config
