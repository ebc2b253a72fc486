// The decision, straight down.
#include "authority/verify/opener.h"
#include "authority/verify/verifier.h"

namespace jeton::verify {
namespace {

using ledger::EndReason;

Reason reason_of(std::uint32_t status) {
  switch (static_cast<EndReason>(status & TokenRecord::kReasonMask)) {
    case EndReason::None: return Reason::Allowed;
    case EndReason::RotatedOut: return Reason::RotatedOut;
    case EndReason::PrincipalEnded: return Reason::PrincipalEnded;
    case EndReason::DeviceRevoked: return Reason::DeviceRevoked;
    case EndReason::ClientEnded: return Reason::ClientEnded;
    case EndReason::Expired: return Reason::Expired;
    default: return Reason::Revoked;
  }
}

Reason held(std::uint32_t status) {
  if ((status & TokenRecord::kQuarantined) != 0) return Reason::Quarantined;
  return (status & TokenRecord::kStepUp) != 0 ? Reason::StepUp : Reason::Allowed;
}

// Is the token, or the one a signed token was exchanged for, alive now?
Reason life(const TokenRecord& token, std::int64_t now) {
  const auto status = token.status.load(std::memory_order_acquire);
  if (const auto ended = reason_of(status); ended != Reason::Allowed) return ended;
  if (const auto why = held(status); why != Reason::Allowed) return why;
  if (token.expires == 0 || now < token.expires) return Reason::Allowed;
  return (status & TokenRecord::kOverlapping) != 0 ? Reason::RotatedOut : Reason::Expired;
}

bool may_act(const Party& party) { return party.standing.load(std::memory_order_acquire) == ledger::Standing::Active; }

bool lets_in(const Party& party, const net::Address& address) {
  const auto* rule = party.network.load(std::memory_order_acquire);
  return rule == nullptr || rule->lets_in(address);
}

bool lets_in(const TokenRecord& token, const net::Address& address) {
  const auto* own = token.own();
  return own == nullptr || own->network.lets_in(address);
}

// The API the question is about: the one asked for, or the token's own.
Reason right_api(const World& world, const LiveApi* own, std::string_view asked) {
  if (own == nullptr || own->deleted) return Reason::NoSuchApi;
  if (asked.empty()) return Reason::Allowed;
  if (own->name == asked || own->id_text == asked || own->audience == asked) return Reason::Allowed;
  return world.find_api(asked) == World::kNoApi ? Reason::NoSuchApi : Reason::WrongApi;
}

// Scope wanted by the API's route table. Allowed with an empty `wanted` where the route asks for none.
Reason route(const LiveApi& api, const Asked& asked, std::string_view& wanted) {
  if (api.routes.empty()) return Reason::Allowed;
  if (asked.path.empty()) return asked.path_unsaid ? Reason::PathUnsaid : Reason::Allowed;
  for (const auto& r : api.routes) {
    if (!r.matches(asked.method, asked.path)) continue;
    wanted = r.scope();
    return Reason::Allowed;
  }
  return Reason::NoRoute;
}

}  // namespace

// Standing of everyone the token hangs on, and from where each lets it be used.
Reason Opener::standing(const net::Address& address) const {
  if (!may_act(*principal_)) return Reason::PrincipalEnded;
  if (device_ != nullptr && !may_act(*device_)) return Reason::DeviceRevoked;
  if (client_ != nullptr && !may_act(*client_)) return Reason::ClientEnded;
  const bool in = lets_in(*principal_, address) && (device_ == nullptr || lets_in(*device_, address)) &&
                  (client_ == nullptr || lets_in(*client_, address)) && lets_in(*anchor_, address);
  return in ? Reason::Allowed : Reason::Network;
}

// [RFC8693 §4.1] Who acts for somebody acts no longer than his own token lives.
Reason Opener::acting(const Actor& actor, Instant now) const {
  if (!actor.jwt.none() && verifier_.revoked_jwts_.load(std::memory_order_acquire)->has(actor.jwt.ulid())) return Reason::Revoked;
  for (auto id = actor.token; !id.none();) {
    const auto found = find(id);
    if (!found) return found.error() == Reason::Unavailable ? Reason::Unavailable : Reason::Revoked;
    const auto& t = **found;
    if (const auto why = life(t, now.seconds()); why != Reason::Allowed) return why;
    const bool may = may_act(verifier_.principals_.at(t.principal)) &&
                     (t.device == Slots::kNone || may_act(verifier_.devices_.at(t.device))) &&
                     (t.extras == nullptr || t.extras->client == Slots::kNone || may_act(verifier_.clients_.at(t.extras->client)));
    if (!may) return Reason::PrincipalEnded;
    id = t.kind == opaque::Kind::At ? t.parent() : TokenId();
  }
  return Reason::Allowed;
}

Reason Opener::judge(const Asked& asked, Instant now) {
  const Believed& believed = *decision_.token;
  if (const auto why = life(*anchor_, now.seconds()); why != Reason::Allowed) return why;
  // What an opaque access token came of is judged as that of a signed one is; ended in the ledger, it took the access token with it.
  const TokenRecord* parent = nullptr;
  if (anchor_->kind == opaque::Kind::At && !anchor_->parent().none()) {
    const auto found = find(anchor_->parent());
    if (!found && found.error() == Reason::Unavailable) return Reason::Unavailable;
    parent = found.value_or(nullptr);
  }
  if (parent != nullptr) {
    hangs_on(*parent);
    if (const auto why = life(*parent, now.seconds()); why != Reason::Allowed) return why;
  }
  if (actor_ != nullptr) {
    if (const auto why = acting(*actor_, now); why != Reason::Allowed) return why;
  }
  const auto standing_now = standing(asked.address);
  if (standing_now != Reason::Allowed && standing_now != Reason::Network) return standing_now;
  // [RFC9449 §7.1, RFC8705 §3] never good for who cannot prove to have the key, whatever else is right
  if (!believed.confirmation().empty() && believed.confirmation() != asked.confirmation) return Reason::Unbound;
  if (const auto why = right_api(world_, api_, asked.api); why != Reason::Allowed) return why;
  for (const auto& rule : world_.rules) {
    if (rule.observe || rule.network.lets_in(asked.address)) continue;
    decision_.rule = rule.id;
    return Reason::Network;
  }
  if (standing_now == Reason::Network || !api_->network.lets_in(asked.address) || (parent != nullptr && !lets_in(*parent, asked.address)))
    return Reason::Network;
  std::string_view wanted;
  if (const auto why = route(*api_, asked, wanted); why != Reason::Allowed) return why;
  const auto lacks = [&](std::string_view needed) {
    if (needed.empty() || holds_all(believed.scope(), needed)) return false;
    decision_.missing_scope = needed;
    return true;
  };
  return lacks(wanted) || lacks(asked.scope) ? Reason::Scope : Reason::Allowed;
}

Decision Reading::judge(std::string_view token, const Asked& asked, Instant now) const {
  Decision d;
  judge(token, asked, now, d);
  return d;
}

// The record that lives and dies in the ledger, of a token that was opened.
const TokenRecord* Reading::judge(std::string_view token, const Asked& asked, Instant now, Decision& d) const {
  if (token.empty()) {
    d.reason = Reason::NoToken;
    return nullptr;
  }
  Opener opener(verifier_, world_, d);
  if (const auto why = opener.open(token, now); why != Reason::Allowed) {
    d.reason = why;
    return nullptr;
  }
  d.reason = opener.judge(asked, now);
  return &opener.anchor();
}

Decision Reading::decide(std::string_view token, const Asked& asked, Instant now) const {
  Decision d;
  const TokenRecord* used = judge(token, asked, now, d);
  if (verifier_.limiter_.any()) limit(d, used, asked, now);
  if (world_.observes) observe(d, asked);
  note(d, used, asked, now);
  if (d.allow() && !d.token->signed_token() && used->pepper_low != static_cast<std::uint8_t>(world_.peppers->active()))
    note_old_pepper(*used, token, now);
  return d;
}

// What the check leaves behind.
void Reading::note(const Decision& d, const TokenRecord* used, const Asked& asked, Instant now) const {
  verifier_.uses_.note_decision(d, asked, now);
  if (d.allow()) {
    if ((used->status.load(std::memory_order_acquire) & (TokenRecord::kSuperseded | TokenRecord::kEndsPredecessor)) != 0) [[unlikely]]
      after_use(*used, asked.address, now);
    return;
  }
  // That one's endings are not its fault.
  if (!d.token || d.token->signed_token()) return;
  if (d.reason == Reason::RotatedOut) verifier_.uses_.note_event({EventKind::UseAfterRotation, d.token->id(), now, asked.address});
  else if (d.reason == Reason::Revoked) verifier_.uses_.note_event({EventKind::UseAfterEnd, d.token->id(), now, asked.address});
}

// Only who shows a token lets it be hashed under another pepper: its text is nowhere else.
void Reading::note_old_pepper(const TokenRecord& token, std::string_view text, Instant now) const {
  const auto& peppers = *world_.peppers;
  Event event{.kind = EventKind::OldPepper,
              .token = TokenId(token.id),
              .at = now,
              .address = {},
              .hash = {},
              .fresh = {},
              .pepper = peppers.active()};
  for (std::size_t i = 1; i < peppers.size(); ++i) {
    if (static_cast<std::uint8_t>(peppers.number(i)) != token.pepper_low) continue;
    event.hash = peppers.hash(i, text);
    if (!(HashKey::of(event.hash) == token.hash)) continue;
    event.fresh = peppers.hash(0, text);
    return verifier_.uses_.note_event(event);
  }
}

// The first use of a token that rotation made ends the one before it: here at once, in the ledger soon after.
void Reading::after_use(const TokenRecord& used, const net::Address& address, Instant now) const {
  const TokenId id(used.id);
  const auto* token = &used;
  // Replaced while it was judged: what is to end stands in the newer record.
  if ((used.status.load(std::memory_order_acquire) & TokenRecord::kSuperseded) != 0) token = verifier_.tokens_.by_id(id);
  if (token == nullptr || (token->status.load(std::memory_order_relaxed) & TokenRecord::kEndsPredecessor) == 0) return;
  auto& status = const_cast<TokenRecord*>(token)->status;
  if ((status.fetch_and(~TokenRecord::kEndsPredecessor) & TokenRecord::kEndsPredecessor) == 0) return;
  if (token->own() != nullptr) verifier_.tokens_.end(token->own()->predecessor, EndReason::RotatedOut);
  verifier_.uses_.note_event({EventKind::FirstUse, id, now, address});
}

}  // namespace jeton::verify
