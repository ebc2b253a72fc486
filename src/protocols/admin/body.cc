#include "protocols/admin/body.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "authority/limits/limit.h"
#include "protocols/admin/endpoint.h"

namespace jeton::protocols::admin {
namespace {

// A failure's detail is a literal; which member it is about is one of few, so each has its own.
std::string_view detail_for(std::string_view name) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 37> kDetails = {{
      {"name", "name: text is expected"},
      {"email", "email: text is expected"},
      {"audience", "audience: text is expected"},
      {"scopes", "scopes: a list of text is expected"},
      {"scope", "scope: text is expected"},
      {"routes", "routes: a list of text is expected"},
      {"format", "format: jwt, jwe or opaque"},
      {"alg", "alg: the name of a signature algorithm"},
      {"allow", "allow: a list of CIDR prefixes without host bits, @networks, country:XX or asn:N"},
      {"deny", "deny: a list of CIDR prefixes without host bits, @networks, country:XX or asn:N"},
      {"limits", "limits: a list such as [\"100/1m burst 20\", \"1000/day\", \"5000 credits\"]"},
      {"access_ttl", "access_ttl: a duration such as 10m"},
      {"metadata", "metadata: an object of text is expected"},
      {"expires", "expires: a time such as 2027-01-31T00:00:00Z"},
      {"expires_in", "expires_in: a duration such as 30d"},
      {"overlap", "overlap: a duration such as 24h"},
      {"until", "until: deadline, first_use or either"},
      {"on_reuse", "on_reuse: alert or revoke_family"},
      {"principal", "principal: an id or a name is expected"},
      {"user", "user: an id or a name is expected"},
      {"service", "service: an id or a name is expected"},
      {"device", "device: an id or a name is expected"},
      {"client", "client: an id is expected"},
      {"api", "api: an id or a name is expected"},
      {"family", "family: true, false, or the id of a token"},
      {"reason", "reason: text is expected"},
      {"type", "type: web, spa, native or machine"},
      {"redirect_uris", "redirect_uris: a list of text is expected"},
      {"mode", "mode: enforce or observe"},
      {"token", "token: text is expected"},
      {"ip", "ip: an IP address is expected"},
      {"checks", "checks: a list of 1 to 1000 checks"},
      {"version", "version: a whole number is expected"},
      {"now", "now: true or false"},
      {"at", "at: a time such as 2027-01-31T00:00:00Z"},
      {"method", "method: text is expected"},
      {"path", "path: text is expected"},
  }};
  for (const auto& [member, detail] : kDetails)
    if (member == name) return detail;
  return "a member has another type than expected";
}

auto wrong(std::string_view name) { return refuse(Refusal::Invalid, detail_for(name)); }

}  // namespace

Result<Body> Body::of(const json::Value& value, std::initializer_list<std::string_view> known) {
  if (value.object() == nullptr) return refuse(Refusal::Malformed, "a JSON object is expected");
  for (const auto& [name, member] : *value.object())
    if (std::find(known.begin(), known.end(), name) == known.end())
      return refuse(Refusal::Malformed, "the body has a member that is not known here");
  return Body(value);
}

Result<Body> Body::parse(std::string_view text, std::initializer_list<std::string_view> known) {
  if (text.empty()) return Body(json::Value(json::Object()));
  TRY(const auto value, json::parse(text));
  return of(value, known);
}

const json::Value* Body::find(std::string_view name) const {
  const auto* member = value_.find(name);
  return member == nullptr || member->is_null() ? nullptr : member;
}

bool Body::has(std::string_view name) const { return value_.find(name) != nullptr; }

Result<std::optional<std::string>> Body::text(std::string_view name) const {
  const auto* member = find(name);
  if (member == nullptr) return std::nullopt;
  const auto text = member->string();
  if (!text || text->find('\0') != std::string_view::npos || text->size() > 20'000) return wrong(name);
  return std::string(*text);
}

Result<std::string> Body::needed(std::string_view name) const {
  TRY(auto value, text(name));
  if (!value || value->empty()) return wrong(name);
  return *std::move(value);
}

Result<std::optional<std::vector<std::string>>> Body::list(std::string_view name) const {
  const auto* member = find(name);
  if (member == nullptr) return std::nullopt;
  if (member->array() == nullptr || member->array()->size() > 1000) return wrong(name);
  std::vector<std::string> out;
  for (const auto& element : *member->array()) {
    const auto text = element.string();
    if (!text) return wrong(name);
    out.emplace_back(*text);
  }
  return out;
}

Result<std::optional<bool>> Body::flag(std::string_view name) const {
  const auto* member = find(name);
  if (member == nullptr) return std::nullopt;
  const auto value = member->boolean();
  if (!value) return wrong(name);
  return value;
}

Result<std::optional<Seconds>> Body::duration(std::string_view name) const {
  TRY(const auto value, text(name));
  if (!value) return std::nullopt;
  const auto duration = parse_duration(*value);
  if (!duration) return wrong(name);
  return duration;
}

Result<std::optional<Instant>> Body::time(std::string_view name) const {
  TRY(const auto value, text(name));
  if (!value) return std::nullopt;
  const auto time = parse_rfc3339(*value);
  if (!time) return wrong(name);
  return time;
}

Result<std::optional<ledger::Metadata>> Body::metadata(std::string_view name) const {
  const auto* member = find(name);
  if (member == nullptr) return std::nullopt;
  if (member->object() == nullptr) return wrong(name);
  ledger::Metadata out;
  for (const auto& [key, value] : *member->object()) {
    const auto text = value.string();
    if (!text) return wrong(name);
    out.emplace_back(key, *text);
  }
  return out;
}

Status Body::same_version(ledger::Version version) const {
  const auto* member = find("version");
  if (member == nullptr) return {};
  const auto asked = member->integer();
  if (!asked) return wrong("version");
  if (static_cast<ledger::Version>(*asked) != version) return refuse(Refusal::Conflict, "it was changed since that version: read it again");
  return {};
}

namespace {

// Prefixes and words apart; a word must be one that can be judged.
Status read_side(const Call& call, const Body& body, std::string_view name, std::vector<net::Prefix>& prefixes,
                 std::vector<std::string>& words) {
  TRY(auto texts, body.list(name));
  if (!texts) return {};
  prefixes.clear(), words.clear();
  for (auto& text : *texts) {
    const auto word = networks::read_word(text);
    if (!word) {
      const auto prefix = net::Prefix::parse(text);
      if (!prefix) return wrong(name);
      prefixes.push_back(*prefix);
      continue;
    }
    auto& places = call.rooms.verifier.places();
    if (!word->set.empty() && !places.known(word->set))
      return refuse(Refusal::Invalid, name == "allow" ? "allow: there is no such network" : "deny: there is no such network");
    if (word->set.empty() && places.atlas() == nullptr)
      return refuse(Refusal::Invalid, name == "allow" ? "allow: countries and operators need geo_database"
                                                      : "deny: countries and operators need geo_database");
    words.push_back(std::move(text));
  }
  return {};
}

}  // namespace

Status read_network(const Call& call, const Body& body, ledger::NetworkRule& rule) {
  TRY_VOID(read_side(call, body, "allow", rule.allow, rule.allow_words));
  return read_side(call, body, "deny", rule.deny, rule.deny_words);
}

Status read_limits(const Body& body, std::string& limits) {
  TRY(const auto texts, body.list("limits"));
  if (!texts) return {};
  TRY(const auto limit, limits::Limit::parse(*texts));
  limits = limit.text();
  return {};
}

Result<Query> Query::parse(std::string_view text, std::initializer_list<std::string_view> known) {
  TRY(auto form, http::Form::parse(text));
  Query query(std::move(form));
  for (const auto& [name, value] : query.form_.all()) {
    if (name == "cursor") {
      query.page.cursor = value;
    } else if (name == "limit") {
      const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), query.page.limit);
      if (error != std::errc() || end != value.data() + value.size() || query.page.limit < 1 || query.page.limit > 1000)
        return refuse(Refusal::Malformed, "limit: from 1 to 1000");
    } else if (std::find(known.begin(), known.end(), name) == known.end()) {
      return refuse(Refusal::Malformed, "a query parameter that is not known here");
    }
  }
  return query;
}

}  // namespace jeton::protocols::admin
