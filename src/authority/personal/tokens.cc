#include "authority/personal/tokens.h"

#include <algorithm>

#include "authority/policy/names.h"
#include "authority/policy/scopes.h"
#include "formats/opaque/token.h"
#include "ground/secret_pass.h"

namespace jeton::personal {
namespace {

Status within_cap(Instant expires, const policy::Settings& settings, Instant now) {
  if (expires <= now) return refuse(Refusal::Invalid, "expires: it lies in the past");
  if (expires > now + settings.max_token_lifetime)
    return refuse(Refusal::Invalid, "expires: longer than this installation allows (max_token_lifetime)");
  return {};
}

// Whole seconds: what a token says of its end and what is compared are one number.
Instant whole(Instant t) { return Instant::from_seconds(t.seconds()); }

}  // namespace

bool live(const ledger::Token& t, Instant now) {
  return !t.ended && t.hold == ledger::Hold::None && (!t.expires || now < *t.expires) && (!t.overlap_until || now < *t.overlap_until);
}

Result<ledger::Token> Tokens::record_of(const Draft& draft, const policy::Settings& settings, Instant now) {
  if (draft.principal.standing != ledger::Standing::Active) return refuse(Refusal::Denied, "the principal is disabled");
  TRY_VOID(policy::good_label(draft.name));
  TRY_VOID(policy::good_network(draft.network));
  if (draft.scopes.empty()) return refuse(Refusal::Invalid, "scopes: a token has at least one");
  if (!policy::subset(draft.scopes, draft.api.scopes)) return refuse(Refusal::Invalid, "scopes: not all of them are scopes of this API");
  ledger::Token t;
  TRY(t.metadata, policy::canonical(draft.metadata));
  t.expires = whole(draft.expires.value_or(now + std::min(settings.default_token_lifetime, settings.max_token_lifetime)));
  TRY_VOID(within_cap(*t.expires, settings, now));
  TRY(t.id, TokenId::make(now, entropy_));
  t.family = t.id;
  t.kind = draft.principal.id.kind() == PrincipalKind::User ? opaque::Kind::Pat : opaque::Kind::Key;
  t.principal = draft.principal.id;
  if (draft.device) t.device = draft.device->id;
  t.api = draft.api.id;
  t.scopes = draft.scopes;
  t.name = draft.name;
  t.network = draft.network;
  t.limits = draft.limits;
  t.created = now;
  t.on_reuse = draft.on_reuse.value_or(settings.on_reuse);
  return t;
}

// Its text, and of that only what may be kept.
Result<Born> Tokens::bear(ledger::Token record, std::string_view brand) {
  TRY(auto text, opaque::make(brand, record.kind, entropy_));
  const auto octets = as_text(text.read(Pass::key()));
  const auto peppers = peppers_.snapshot();
  record.hash = peppers->hash(0, octets);
  record.pepper = peppers->active();
  const auto hint = opaque::parse(octets)->hint();
  std::copy(hint.begin(), hint.end(), record.hint.begin());
  return Born{std::move(record), std::move(text)};
}

Result<Born> Tokens::create(Draft draft, const audit::Doing& doing, const With& with) {
  TRY(const auto settings, policy::read_settings(ledger_));
  TRY(auto record, record_of(draft, settings, doing.now));
  TRY(auto born, bear(std::move(record), settings.brand));
  std::vector<ledger::Change> changes;
  if (draft.device && draft.device->version == 0) {
    draft.device->version = 1;
    changes.emplace_back(ledger::Insert<ledger::Device>{*draft.device});
    TRY(auto event, audit::event(doing, "device.create", draft.device->id.text(), entropy_));
    changes.push_back(std::move(event));
  }
  changes.emplace_back(ledger::Insert<ledger::Token>{born.record});
  TRY(auto event, audit::event(doing, "token.create", born.record.id.text(), entropy_));
  changes.push_back(std::move(event));
  TRY(changes, audit::together(std::move(changes), with, born));
  TRY_VOID(ledger_.commit(std::move(changes)));
  return born;
}

Result<Born> Tokens::rotate(const TokenId& id, const Rotation& rotation, const audit::Doing& doing, const With& with) {
  TRY(auto old, find(id));
  if (old.hold != ledger::Hold::None) return refuse(Refusal::Conflict, "the token is held: release it first");
  if (!live(old, doing.now)) return refuse(Refusal::Conflict, "the token has ended");
  if (old.kind != opaque::Kind::Pat && old.kind != opaque::Kind::Key)
    return refuse(Refusal::Conflict, "only personal access tokens and API keys are rotated");
  if (!old.successor.none()) return refuse(Refusal::Conflict, "the token was rotated already");
  if (!old.parent.none()) return refuse(Refusal::Conflict, "an exchanged token is not rotated: exchange its parent again");
  TRY(const auto settings, policy::read_settings(ledger_));
  ledger::Token next = old;
  TRY(next.id, TokenId::make(doing.now, entropy_));
  next.predecessor = old.id;
  next.created = doing.now;
  next.version = 1;
  next.last_used.reset();
  next.last_address = {};
  const auto lifetime = old.expires ? *old.expires - old.created : settings.default_token_lifetime;
  next.expires = whole(rotation.expires.value_or(doing.now + std::min<Millis>(lifetime, settings.max_token_lifetime)));
  TRY_VOID(within_cap(*next.expires, settings, doing.now));
  old.successor = next.id;
  old.overlap = rotation.until;
  if (rotation.until != ledger::Overlap::FirstUse) old.overlap_until = whole(doing.now + rotation.overlap);
  TRY(auto born, bear(std::move(next), settings.brand));
  TRY(auto event, audit::event(doing, "token.rotate", old.id.text(), entropy_, "{\"successor\":\"" + born.record.id.text() + "\"}"));
  std::vector<ledger::Change> changes{ledger::Insert<ledger::Token>{born.record}, ledger::Update<ledger::Token>{old}, std::move(event)};
  TRY(changes, audit::together(std::move(changes), with, born));
  TRY_VOID(ledger_.commit(std::move(changes)));
  return born;
}

Result<ledger::Token> Tokens::update(ledger::Token changed, const audit::Doing& doing) {
  TRY(const auto before, find(changed.id));
  if (before.ended) return refuse(Refusal::Conflict, "the token has ended");
  TRY_VOID(policy::good_label(changed.name));
  TRY_VOID(policy::good_network(changed.network));
  TRY(changed.metadata, policy::canonical(std::move(changed.metadata)));
  if (changed.scopes.empty() || !policy::subset(changed.scopes, before.scopes))
    return refuse(Refusal::Invalid, "scopes: a token's scopes can only become fewer");
  if (changed.expires != before.expires) {
    if (!changed.expires) return refuse(Refusal::Invalid, "expires: a token has an end");
    TRY(const auto settings, policy::read_settings(ledger_));
    TRY_VOID(within_cap(*changed.expires, settings, doing.now));
    changed.expires = whole(*changed.expires);
  }
  TRY(auto event, audit::event(doing, "token.update", changed.id.text(), entropy_));
  TRY_VOID(ledger_.commit({ledger::Update<ledger::Token>{changed}, std::move(event)}));
  ++changed.version;
  return changed;
}

Result<std::vector<ledger::TokenEnded>> Tokens::revoke(const ledger::EndTokens& which, const audit::Doing& doing) {
  if (!policy::good_label(which.note)) return refuse(Refusal::Invalid, "reason: at most 200 octets of UTF-8 without control characters");
  const auto target = std::visit(
      [](const auto& w) {
        if constexpr (requires { w.family; }) return w.family.text();
        else return std::visit([](const auto& id) { return id.text(); }, w);
      },
      which.which);
  TRY(auto event, audit::event(doing, "token.revoke", target, entropy_));
  TRY(auto done, ledger_.commit({which, std::move(event)}));
  return std::move(done.ended);
}

Result<ledger::Token> Tokens::find(const TokenId& id) {
  TRY(auto t, ledger_.token(id));
  if (!t) return refuse(Refusal::NotFound, "no such token");
  return *std::move(t);
}

}  // namespace jeton::personal
