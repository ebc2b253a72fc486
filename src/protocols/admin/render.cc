#include "protocols/admin/render.h"

#include <array>

#include "authority/apis/encryption.h"
#include "authority/audit/text.h"
#include "authority/limits/limit.h"
#include "authority/policy/settings.h"

namespace jeton::protocols::admin {
namespace {

void prefixes(json::Writer& w, std::string_view name, const std::vector<net::Prefix>& list, const std::vector<std::string>& words) {
  w.key(name).array();
  for (const auto& p : list) w.string(p.text());
  for (const auto& word : words) w.string(word);
  w.end_array();
}

void network(json::Writer& w, const ledger::NetworkRule& rule) {
  prefixes(w, "allow", rule.allow, rule.allow_words);
  prefixes(w, "deny", rule.deny, rule.deny_words);
}

void limits_of(json::Writer& w, const std::string& limits) {
  const auto limit = limits::Limit::parse(std::string_view(limits));
  w.strings("limits", limit ? limit->texts() : std::vector<std::string>());
}

void metadata(json::Writer& w, const ledger::Metadata& pairs) {
  w.key("metadata").object();
  for (const auto& [name, value] : pairs) w.member(name, value);
  w.end_object();
}

void object_or_empty(json::Writer& w, std::string_view name, const std::string& json) { w.key(name).raw(json.empty() ? "{}" : json); }

template <class Record>
void stamps(json::Writer& w, const Record& r) {
  w.member("created", to_rfc3339(r.created)).member("updated", to_rfc3339(r.updated));
  w.member("version", static_cast<std::int64_t>(r.version));
}

std::string_view status(ledger::Standing s) {
  switch (s) {
    case ledger::Standing::Active: return "active";
    case ledger::Standing::Disabled: return "disabled";
    case ledger::Standing::Deleted: return "deleted";
  }
  return "";
}

std::string_view status(const ledger::Token& t, Instant now) {
  if (t.ended) return t.end_reason == ledger::EndReason::RotatedOut ? "rotated" : "revoked";
  if (t.overlap_until && now >= *t.overlap_until) return "rotated";
  if (t.expires && now >= *t.expires) return "expired";
  return t.hold == ledger::Hold::Quarantined ? "quarantined" : t.hold == ledger::Hold::StepUp ? "step_up" : "live";
}

std::string_view state(ledger::KeyState s) {
  static constexpr std::array<std::string_view, 4> kStates = {"next", "active", "retired", "destroyed"};
  return kStates[static_cast<std::size_t>(s)];
}

}  // namespace

std::string_view name(ledger::TokenFormat format) {
  static constexpr std::array<std::string_view, 3> kFormats = {"jwt", "jwe", "opaque"};
  return kFormats[static_cast<std::size_t>(format)];
}

std::optional<ledger::TokenFormat> token_format(std::string_view text) {
  for (const auto f : {ledger::TokenFormat::Jwt, ledger::TokenFormat::Jwe, ledger::TokenFormat::Opaque})
    if (name(f) == text) return f;
  return std::nullopt;
}

std::string_view name(ledger::EndReason reason) {
  static constexpr std::array<std::string_view, 11> kReasons = {
      "",       "revoked", "rotated_out",   "principal_ended", "device_revoked", "client_ended", "api_deleted", "family_reuse",
      "leaked", "expired", "holder_revoked"};
  return kReasons[static_cast<std::size_t>(reason)];
}

Result<std::vector<ledger::Change>> created(Call& call, std::string location, const std::function<void(json::Writer&)>& each) {
  call.response.status = 201;
  call.response.field("Content-Type", "application/json");
  call.response.field("Cache-Control", "no-store");
  call.response.field("Location", location);
  json::Writer w(call.response.body);
  each(w);
  std::vector<ledger::Change> changes;
  if (call.answer_key) {
    TRY(auto kept, call.rooms.answers.keep(*call.answer_key, as_bytes(location + "\n" + call.response.body), call.now));
    changes.push_back(std::move(kept));
    call.answer_kept = true;
  }
  return changes;
}

void time_or_null(json::Writer& w, std::string_view name, const std::optional<Instant>& time) {
  w.optional(name, time ? to_rfc3339(*time) : std::string());
}

void render(json::Writer& w, const ledger::Api& a) {
  w.object().member("id", a.id.text()).member("name", a.name).member("audience", a.audience).strings("scopes", a.scopes);
  w.member("format", name(a.format)).member("alg", crypto::info(a.alg).name);
  w.optional("encryption", apis::name(a.encryption)).strings("routes", a.routes);
  network(w, a.network);
  limits_of(w, a.limits);
  w.member("access_ttl", to_text(a.access_ttl));
  stamps(w, a);
  w.end_object();
}

void render(json::Writer& w, const ledger::Principal& p) {
  w.object().member("id", p.id.text()).member("name", p.name);
  if (p.id.kind() == PrincipalKind::User) w.optional("email", p.email);
  w.member("status", status(p.standing));
  network(w, p.network);
  limits_of(w, p.limits);
  metadata(w, p.metadata);
  stamps(w, p);
  w.end_object();
}

void render(json::Writer& w, const ledger::Device& d) {
  w.object().member("id", d.id.text()).member("principal", d.principal.text()).member("name", d.name);
  network(w, d.network);
  time_or_null(w, "revoked", d.revoked);
  stamps(w, d);
  w.end_object();
}

void render(json::Writer& w, const ledger::Client& c) {
  w.object().member("id", c.id.text()).member("name", c.name).member("type", clients::name(c.type));
  w.strings("redirect_uris", c.redirects).strings("scopes", c.scopes).member("status", status(c.standing));
  w.key("secrets").array();
  for (const auto& s : c.secrets) {
    w.object().member("hint", s.hint).member("created", to_rfc3339(s.created));
    time_or_null(w, "ends", s.ends);
    w.end_object();
  }
  w.end_array();
  network(w, c.network);
  limits_of(w, c.limits);
  // The profile's members stand beside the others, as they are given.
  if (auto profile = clients::read_profile(c)) {
    profile->registration_hash.clear();
    const auto members = clients::write(*profile);
    if (members.size() > 2) w.raw(members.substr(1, members.size() - 2));
  }
  stamps(w, c);
  w.end_object();
}

void render(json::Writer& w, const ledger::SigningKey& k) {
  open_key(w, k);
  w.end_object();
}

void open_key(json::Writer& w, const ledger::SigningKey& k) {
  w.object().member("id", k.id.text()).member("kid", k.kid).member("alg", crypto::info(k.alg).name);
  id_or_null(w, "api", k.api);
  w.member("state", state(k.state)).member("created", to_rfc3339(k.created));
  time_or_null(w, "activated", k.activated);
  time_or_null(w, "retired", k.retired);
  time_or_null(w, "destroyed", k.destroyed);
}

void open_rule(json::Writer& w, const ledger::Rule& r) {
  w.object().member("id", r.id.text()).member("name", r.name);
  network(w, r.network);
  w.member("mode", r.observe ? "observe" : "enforce");
  stamps(w, r);
}

void render(json::Writer& w, const ledger::Rule& r) {
  open_rule(w, r);
  w.end_object();
}

void render(json::Writer& w, const ledger::Alert& a) {
  static constexpr std::array<std::string_view, 3> kSeverities = {"info", "warning", "critical"};
  w.object().member("id", a.id.text()).member("rule", a.rule).member("severity", kSeverities[static_cast<std::size_t>(a.severity)]);
  id_or_null(w, "token", a.token);
  id_or_null(w, "family", a.family);
  id_or_null(w, "principal", a.principal);
  object_or_empty(w, "evidence", a.evidence);
  w.member("count", static_cast<std::int64_t>(a.count)).member("first", to_rfc3339(a.first)).member("last", to_rfc3339(a.last));
  time_or_null(w, "acknowledged", a.acknowledged);
  w.end_object();
}

void render(json::Writer& w, const ledger::AuditEvent& e) { audit::render(w, e); }

void render(json::Writer& w, const ledger::FeedEntry& f) {
  w.object().member("seq", static_cast<std::int64_t>(f.seq)).member("at", to_rfc3339(f.at)).member("kind", f.kind);
  w.member("subject", f.subject).member("reason", f.reason).end_object();
}

void open_token(json::Writer& w, const ledger::Token& t, std::string_view api_name, Instant now) {
  w.object().member("id", t.id.text()).member("kind", opaque::name(t.kind)).member("principal", t.principal.text());
  id_or_null(w, "device", t.device);
  w.member("api", t.api.text()).optional("api_name", api_name);
  id_or_null(w, "client", t.client);
  w.strings("scopes", t.scopes).member("name", t.name);
  metadata(w, t.metadata);
  w.member("hint", std::string_view(t.hint.data(), t.hint.size())).member("status", status(t, now));
  network(w, t.network);
  limits_of(w, t.limits);
  w.member("created", to_rfc3339(t.created));
  time_or_null(w, "expires", t.expires);
  time_or_null(w, "ended", t.ended);
  w.optional("end_reason", name(t.end_reason)).optional("end_note", t.end_note);
  w.member("family", t.family.text());
  id_or_null(w, "predecessor", t.predecessor);
  id_or_null(w, "successor", t.successor);
  id_or_null(w, "parent", t.parent);
  time_or_null(w, "overlap_until", t.overlap_until);
  w.member("on_reuse", policy::name(t.on_reuse));
  time_or_null(w, "last_used", t.last_used);
  w.optional("last_address", t.last_address.text()).member("version", static_cast<std::int64_t>(t.version));
}

}  // namespace jeton::protocols::admin
