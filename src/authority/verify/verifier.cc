#include "authority/verify/verifier.h"

#include <algorithm>

#include "authority/policy/scopes.h"

namespace jeton::verify {
namespace {

// Seconds from which the token is refused, 0 for never; and whether rotation, not expiry, is why.
struct End {
  std::uint32_t at = 0;
  bool by_rotation = false;
};

End end_of(const ledger::Token& t) {
  const auto clamp = [](Instant i) { return static_cast<std::uint32_t>(std::clamp<std::int64_t>(i.seconds(), 1, UINT32_MAX)); };
  if (t.overlap_until && (!t.expires || *t.overlap_until < *t.expires)) return {clamp(*t.overlap_until), true};
  return {t.expires ? clamp(*t.expires) : 0, false};
}

Actor actor_of(const ledger::Token& t) {
  if (t.kind == opaque::Kind::At)
    for (const auto& [name, value] : t.metadata)
      if (name == "acting") return Actor::read(value);
  return {};
}

std::unique_ptr<const TokenExtras> extras_of(const ledger::Token& t, std::uint32_t client, networks::Places& places) {
  const auto family = t.family == t.id ? TokenId() : t.family;
  std::unique_ptr<const TokenOwn> own;
  const auto actor = actor_of(t);
  if (!t.network.empty() || !family.none() || !t.predecessor.none() || !t.confirmation.empty() || !actor.token.none())
    own = std::make_unique<const TokenOwn>(TokenOwn{compile(t.network, places), family, t.predecessor, t.confirmation, actor});
  if (own == nullptr && t.parent.none() && client == Slots::kNone) return nullptr;
  auto extras = std::make_unique<TokenExtras>();
  extras->parent = t.parent;
  extras->client = client;
  extras->own = std::move(own);
  return extras;
}

}  // namespace

Verifier::Verifier(ledger::Ledger& ledger, std::string issuer, Limits limits)
    : ledger_(ledger),
      tokens_(epochs_),
      principals_(epochs_, places_),
      devices_(epochs_, places_),
      clients_(epochs_, places_),
      jwts_(epochs_, limits.cached_jwts),
      world_(new World{.apis = {}, .rules = {}, .issuer = std::move(issuer), .ring = {}, .peppers = {}}),
      revoked_jwts_(new RevokedJwts) {}

Verifier::~Verifier() {
  epochs_.drain();
  delete world_.load();
  delete revoked_jwts_.load();
}

void Verifier::change_world(const std::function<void(World&)>& edit) {
  auto next = std::make_unique<World>(*world_.load());
  edit(*next);
  next->observes = std::any_of(next->rules.begin(), next->rules.end(), [](const LiveRule& r) { return r.observe; });
  epochs_.retire(world_.exchange(next.release()));
}

void Verifier::set_keys(std::shared_ptr<const keys::KeyRing> ring) {
  const Writing lock(writing_);
  change_world([&](World& w) { w.ring = std::move(ring); });
  jwts_.clear();
}

void Verifier::set_peppers(std::shared_ptr<const keys::PepperSet> peppers) {
  const Writing lock(writing_);
  change_world([&](World& w) { w.peppers = std::move(peppers); });
}

void Verifier::put(const ledger::Principal& p) {
  limiter_.set(limits::Level::Principal, p.id.ulid(), p.limits);
  principals_.put(p.id.ulid(), p.id.kind(), p.standing, p.network);
}
void Verifier::put(const ledger::Device& d) {
  devices_.put(d.id.ulid(), PrincipalKind::User, d.revoked ? ledger::Standing::Deleted : ledger::Standing::Active, d.network);
}
void Verifier::put(const ledger::Client& c) {
  limiter_.set(limits::Level::Client, c.id.ulid(), c.limits);
  // Before it may act: what a client may not have any more, no token of it has from here on.
  clients_.bound(clients_.expect(c.id.ulid(), PrincipalKind::User), tokens_.intern(policy::with_identity(c.scopes)));
  clients_.put(c.id.ulid(), PrincipalKind::User, c.standing, c.network);
}

void Verifier::put(const ledger::Token& t) {
  const End end = end_of(t);
  TokenRecord r;
  r.hash = HashKey::of(t.hash);
  r.id = t.id.ulid();
  r.expires = end.at;
  r.principal = principals_.expect(t.principal.ulid(), t.principal.kind());
  if (!t.device.none()) r.device = devices_.expect(t.device.ulid(), PrincipalKind::User);
  const auto client = t.client.none() ? Slots::kNone : clients_.expect(t.client.ulid(), PrincipalKind::User);
  r.scopes = tokens_.intern(t.scopes);
  r.api = world_.load()->find_api(t.api);
  r.kind = t.kind;
  r.pepper_low = static_cast<std::uint8_t>(t.pepper);
  std::uint32_t status = t.ended ? static_cast<std::uint32_t>(t.end_reason) : 0;
  // What ended never comes back: a first use may have ended it here before the ledger heard of it.
  if (const auto* held = tokens_.by_id(t.id); held != nullptr && status == 0) status = held->status.load() & TokenRecord::kReasonMask;
  const bool ends_on_first_use = status == 0 && !t.successor.none() && t.overlap != ledger::Overlap::Deadline;
  if (end.by_rotation) status |= TokenRecord::kOverlapping;
  if (ends_on_first_use) {
    status |= TokenRecord::kEndsOnFirstUse;
    tokens_.flag(t.successor, TokenRecord::kEndsPredecessor);
  }
  if (!t.predecessor.none()) {
    const auto* before = tokens_.by_id(t.predecessor);
    const auto seen = before ? before->status.load() : 0;
    if ((seen & TokenRecord::kEndsOnFirstUse) != 0 && (seen & TokenRecord::kReasonMask) == 0) status |= TokenRecord::kEndsPredecessor;
  }
  if (t.hold != ledger::Hold::None) status |= t.hold == ledger::Hold::Quarantined ? TokenRecord::kQuarantined : TokenRecord::kStepUp;
  r.status.store(status);
  // A family counts as one: who rotates a token gains no calls by it. Its newest one says how many there are.
  if (t.successor.none()) limiter_.set(limits::Level::Token, t.family.none() ? t.id.ulid() : t.family.ulid(), t.limits);
  tokens_.put(r, extras_of(t, client, places_));
}

void Verifier::end(const ledger::TokenEnded& ended) {
  if (!tokens_.end(ended.id, ended.reason) && !complete()) missed_.push_back(ended.id);
}

void Verifier::revoke_jwt(const ledger::RevokedJwt& revoked) {
  auto next = revoked_jwts_.load()->with({revoked.jti.ulid(), revoked.expires}, revoked.revoked);
  epochs_.retire(revoked_jwts_.exchange(next.release()));
}

std::uint32_t Verifier::cut(std::string_view scopes, std::uint32_t bound) {
  const Writing lock(writing_);
  return tokens_.intern_cut(scopes, bound);
}

const SignedToken* Verifier::remember(std::string_view token, SignedToken said, const World& seen, Instant now) {
  const Writing lock(writing_);
  // A key that was taken out between the check and now must not leave its token behind.
  if (world_.load()->ring == seen.ring) {
    if (const auto* held = jwts_.insert(token, said, now.seconds())) return held;
  }
  auto* apart = new SignedToken(std::move(said));
  epochs_.retire(apart);
  return apart;
}

void Verifier::apply(ledger::Seq seq, std::span<const ledger::Effect> effects) noexcept {
  const Writing lock(writing_);
  struct Apply {
    Verifier& v;
    void operator()(const ledger::Api& a) const {
      v.limiter_.set(limits::Level::Api, a.id.ulid(), a.deleted ? std::string() : a.limits);
      v.change_world([&](World& w) {
        const auto at = w.find_api(a.id);
        if (at == World::kNoApi) w.apis.push_back(live(a, v.tokens_, v.places_));
        else w.apis[at] = live(a, v.tokens_, v.places_);
      });
    }
    void operator()(const ledger::Rule& r) const {
      (*this)(r.id);
      v.change_world([&](World& w) { w.rules.push_back(live(r, v.places_)); });
    }
    void operator()(const RuleId& id) const {
      v.change_world([&](World& w) { std::erase_if(w.rules, [&](const LiveRule& r) { return r.id == id; }); });
    }
    void operator()(const ledger::Principal& p) const { v.put(p); }
    void operator()(const ledger::Device& d) const { v.put(d); }
    void operator()(const ledger::Client& c) const { v.put(c); }
    void operator()(const ledger::Token& t) const { v.put(t); }
    // The record itself tells, as it stands now.
    void operator()(const ledger::TokenHeld&) const {}
    void operator()(const ledger::TokenEnded& e) const { v.end(e); }
    void operator()(const ledger::TokenForgotten& f) const { v.tokens_.forget(f.id); }
    void operator()(const ledger::RevokedJwt& r) const { v.revoke_jwt(r); }
    void operator()(const ledger::Rehash& r) const {
      if (v.tokens_.by_id(r.token) != nullptr) v.tokens_.rehash(r.token, HashKey::of(r.to), r.pepper);
      else if (!v.complete()) v.missed_.push_back(r.token);
    }
    // Keys reach the verifier as a ring (set_keys).
    void operator()(const ledger::SigningKey&) const {}
    void operator()(const ledger::Setting& s) const { v.hear(s); }
  };
  for (const auto& effect : effects) std::visit(Apply{*this}, effect);
  applied_.fetch_add(1);
  seq_.store(seq, std::memory_order_release);
  epochs_.reclaim();
}

}  // namespace jeton::verify
