// Signed tokens: verified once, found again by their text, and never believed past their parent.
#include "authority/verify/opener.h"
#include "blocks/crypto/service.h"
#include "formats/jose/jwt.h"

namespace jeton::verify {
namespace {

Reason reason_of(const Failure& failure) {
  if (failure.is(Fault::SelfTest)) return Reason::OutOfService;
  if (failure.is_fault()) return Reason::Unavailable;
  switch (failure.refusal()) {
    case Refusal::BadSignature: return Reason::BadSignature;
    case Refusal::Expired: return Reason::Expired;
    case Refusal::NotYetValid: return Reason::NotYetValid;
    case Refusal::UnknownKey: return Reason::UnknownKey;
    default: return Reason::Malformed;
  }
}

// All of what the mint writes must be there and be of its form; the signature says that we wrote it.
std::expected<SignedToken, Reason> read(const jose::Claims& c, const keys::KeyRing::Entry& key, const World& world) {
  const auto jti = TokenId::parse(c.jti), parent = TokenId::parse(c.parent);
  const auto principal = PrincipalId::parse(c.sub);
  if (!jti || !parent || !principal || !c.exp) return std::unexpected(Reason::Malformed);
  SignedToken said;
  said.jti = *jti;
  said.parent = *parent;
  said.principal = *principal;
  if (c.dev.data() != nullptr) {
    const auto device = DeviceId::parse(c.dev);
    if (!device) return std::unexpected(Reason::Malformed);
    said.device = *device;
  }
  if (const auto client = ClientId::parse(c.client_id)) said.client = *client;
  said.api = World::kNoApi;
  for (std::size_t i = 0; i < world.within_reach(); ++i)
    if (!world.apis[i]->deleted && c.has_audience(world.apis[i]->audience)) said.api = static_cast<std::uint16_t>(i);
  if (said.api == World::kNoApi) return std::unexpected(Reason::NoSuchApi);
  // [RFC8725 §3.8] a key kept for one API signs for no other
  if (!key.api.none() && world.apis[said.api]->id != key.api) return std::unexpected(Reason::BadSignature);
  said.scope = c.scope;
  said.confirmation = c.cnf;
  if (c.acting.data() != nullptr) {
    said.actor = Actor::read(c.acting);
    if (said.actor.token.none()) return std::unexpected(Reason::Malformed);
  }
  if (c.nbf) said.not_before = *c.nbf;
  said.expires = *c.exp;
  return said;
}

}  // namespace

// The signature before anything it covers; the window is judged by the caller, each time anew.
std::expected<SignedToken, Reason> Opener::verify(const jose::ParsedJwt& parsed, const keys::KeyRing::Entry& key) const {
  const auto verified = parsed.verify(key.verify);
  if (!verified) return std::unexpected(reason_of(verified.error()));
  const auto& claims = jose::read_claims(*verified);
  if (!claims) return std::unexpected(reason_of(claims.error()));
  // At the beginning of time nothing has expired; a first judgement of kind and issuer alone.
  const jose::Expected expected{.issuer = world_.issuer, .audience = std::nullopt, .typ = "at+jwt", .leeway = Seconds(0)};
  const auto judged = jose::judge(*verified, *claims, expected, Instant::from_seconds(0));
  if (!judged && !judged.error().is(Refusal::NotYetValid)) return std::unexpected(reason_of(judged.error()));
  return read(*claims, key, world_);
}

// [RFC8725 §3.8] Its API can sign as we do: its signature is no proof, and is not looked at. Believed as an encrypted token is, by the hash
// of the whole text, and for that API alone.
Reason Opener::open_shared(std::string_view token, const keys::KeyRing::Entry& key) {
  if (!crypto::in_service(key.verify.alg())) return Reason::OutOfService;
  const auto why = open_encrypted(token);
  if (why != Reason::Allowed || decision_.token->api() == key.api) return why;
  decision_.token.reset();
  return Reason::BadSignature;
}

std::string_view Opener::cut(const SignedToken& said) const {
  auto known = said.cuts.find(scopes_);
  if (!known) said.cuts.note(scopes_, *(known = verifier_.cut(said.scope, scopes_)), Cuts::Was::Cut);
  return verifier_.tokens_.scope_set(*known).joined;
}

Reason Opener::resolve(const SignedToken& said, Instant now) {
  const auto at = now.seconds();
  if (at >= said.expires) return Reason::Expired;
  if (at < said.not_before) return Reason::NotYetValid;
  if (verifier_.revoked_jwts_.load(std::memory_order_acquire)->has(said.jti.ulid())) return Reason::Revoked;
  const auto parent = find(said.parent);
  if (!parent) return parent.error() == Reason::Unknown ? Reason::Revoked : parent.error();
  opened(**parent);
  Believed& b = *decision_.token;
  // What the token says and what its parent is are one, or the token is not ours.
  if (b.principal_ != said.principal || b.device_ != said.device) {
    decision_.token.reset();
    return Reason::Malformed;
  }
  actor_ = said.actor.token.none() ? nullptr : &said.actor;
  b.parent_ = b.id_;
  b.id_ = said.jti;
  b.kind_ = opaque::Kind::At;
  b.signed_ = true;
  // No more than what it came of has now.
  const auto& left = verifier_.tokens_.scope_set(scopes_).joined;
  b.scope_ = holds_all(left, said.scope) ? std::string_view(said.scope) : cut(said);
  b.confirmation_ = said.confirmation;
  b.expires_ = Instant::from_seconds(said.expires);
  return Reason::Allowed;
}

Reason Opener::open_signed(std::string_view token, Instant now) {
  if (token.size() > jose::kMostToken) return Reason::Malformed;
  if (const auto* known = verifier_.jwts_.find(token)) return resolve(*known, now);
  thread_local jose::JwtRoom room;
  const auto parsed = jose::ParsedJwt::parse(token, room);
  if (!parsed) return reason_of(parsed.error());
  // [RFC9068 §4] by kid, in our own ring, at the algorithm that the key has
  const auto* key = world_.ring ? world_.ring->find(parsed->header().kid) : nullptr;
  if (key == nullptr) return Reason::UnknownKey;
  if (key->shared()) return open_shared(token, *key);
  auto said = verify(*parsed, *key);
  if (!said) return said.error();
  if (!verifier_.jwts_.admits(token)) {
    // Its scope is a view that the decision carries: kept for as long as this thread's next first sight.
    thread_local SignedToken kept;
    kept = *std::move(said);
    return resolve(kept, now);
  }
  return resolve(*verifier_.remember(token, *std::move(said), world_, now), now);
}

}  // namespace jeton::verify
