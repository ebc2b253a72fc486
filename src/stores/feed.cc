#include "stores/feed.h"

#include <algorithm>

#include "authority/networks/networks.h"

namespace jeton::stores {
namespace {

using namespace ledger;

template <class... F>
struct Overload : F... {
  using F::operator()...;
};

Instant moment(const Api& r) { return std::max({r.created, r.updated, r.deleted.value_or(r.updated)}); }
Instant moment(const Principal& r) { return std::max(r.created, r.updated); }
Instant moment(const Device& r) { return std::max({r.created, r.updated, r.revoked.value_or(r.updated)}); }
Instant moment(const Client& r) { return std::max(r.created, r.updated); }
Instant moment(const Rule& r) { return std::max(r.created, r.updated); }
Instant moment(const Token& r) { return r.created; }
Instant moment(const Alert& r) { return std::max(r.last, r.acknowledged.value_or(r.last)); }
Instant moment(const AuditEvent& r) { return r.at; }
Instant moment(const Webhook& r) { return std::max(r.created, r.updated); }
Instant moment(const Stream& r) { return std::max(r.created, r.updated); }
Instant moment(const Delivery& r) { return r.created; }
Instant moment(const SavedAnswer&) { return {}; }
Instant moment(const Credential& r) { return std::max(r.created, r.updated); }
Instant moment(const Ticket& r) { return r.created; }
Instant moment(const SigningKey& r) {
  return std::max({r.created, r.activated.value_or(r.created), r.retired.value_or(r.created), r.destroyed.value_or(r.created)});
}

struct MomentOf {
  template <class R>
  Instant operator()(const Insert<R>& c) const {
    return moment(c.record);
  }
  template <class R>
  Instant operator()(const Update<R>& c) const {
    return moment(c.record);
  }
  Instant operator()(const Consume& c) const { return c.at; }
  Instant operator()(const CredentialId&) const { return {}; }
  Instant operator()(const WebhookId&) const { return {}; }
  Instant operator()(const StreamId&) const { return {}; }
  Instant operator()(const EndTokens& c) const { return c.at; }
  Instant operator()(const RevokeJwt& c) const { return c.record.revoked; }
  Instant operator()(const Rehash&) const { return {}; }
  Instant operator()(const Reseal&) const { return {}; }
  Instant operator()(const PutSetting&) const { return {}; }
  Instant operator()(const RuleId&) const { return {}; }
};

std::string_view name(Standing s) { return s == Standing::Active ? "active" : s == Standing::Disabled ? "disabled" : "deleted"; }

std::string_view name(Hold h) { return h == Hold::None ? "released" : h == Hold::Quarantined ? "quarantined" : "step_up"; }

std::string_view name(KeyState s) {
  switch (s) {
    case KeyState::Next: return "next";
    case KeyState::Active: return "active";
    case KeyState::Retired: return "retired";
    case KeyState::Destroyed: return "destroyed";
  }
  return "destroyed";
}

FeedEntry entry(Instant at, std::string_view kind, std::string subject, std::string_view reason) {
  return {0, at, std::string(kind), std::move(subject), std::string(reason)};
}

// Of the settings, named networks alone are a verifier's business.
std::optional<FeedEntry> network_entry(const Setting& s, Instant at) {
  if (!s.name.starts_with(networks::kPrefix)) return std::nullopt;
  return entry(at, "network", "@" + s.name.substr(networks::kPrefix.size()), s.value.empty() ? "deleted" : "active");
}

}  // namespace

Instant moment_of(std::span<const Change> changes) {
  Instant latest;
  for (const auto& change : changes) latest = std::max(latest, std::visit(MomentOf{}, change));
  return latest;
}

std::optional<FeedEntry> feed_entry(const Effect& effect, Instant at) {
  using Line = std::optional<FeedEntry>;
  return std::visit(Overload{
                        [](const TokenEnded& e) -> Line { return entry(e.at, "token_ended", e.id.text(), name(e.reason)); },
                        [](const RevokedJwt& e) -> Line { return entry(e.revoked, "jwt_revoked", e.jti.text(), "revoked"); },
                        [](const Principal& e) -> Line { return entry(moment(e), "principal", e.id.text(), name(e.standing)); },
                        [](const Device& e) -> Line { return entry(moment(e), "device", e.id.text(), e.revoked ? "revoked" : "active"); },
                        [](const Client& e) -> Line { return entry(moment(e), "client", e.id.text(), name(e.standing)); },
                        [](const Api& e) -> Line { return entry(moment(e), "api", e.id.text(), e.deleted ? "deleted" : "active"); },
                        [](const SigningKey& e) -> Line { return entry(moment(e), "key", e.id.text(), name(e.state)); },
                        [](const Rule& e) -> Line { return entry(moment(e), "rule", e.id.text(), e.observe ? "observe" : "active"); },
                        [at](const RuleId& e) -> Line { return entry(at, "rule", e.text(), "deleted"); },
                        [at](const TokenHeld& e) -> Line { return entry(at, "token_held", e.id.text(), name(e.hold)); },
                        [](const Token&) -> Line { return std::nullopt; },
                        [](const TokenForgotten&) -> Line { return std::nullopt; },
                        [](const Rehash&) -> Line { return std::nullopt; },
                        [at](const Setting& e) -> Line { return network_entry(e, at); },
                    },
                    effect);
}

std::string_view name(EndReason reason) {
  switch (reason) {
    case EndReason::None: return "none";
    case EndReason::Revoked: return "revoked";
    case EndReason::RotatedOut: return "rotated_out";
    case EndReason::PrincipalEnded: return "principal_ended";
    case EndReason::DeviceRevoked: return "device_revoked";
    case EndReason::ClientEnded: return "client_ended";
    case EndReason::ApiDeleted: return "api_deleted";
    case EndReason::FamilyReuse: return "family_reuse";
    case EndReason::Leaked: return "leaked";
    case EndReason::Expired: return "expired";
    case EndReason::HolderRevoked: return "holder_revoked";
  }
  return "none";
}

}  // namespace jeton::stores
