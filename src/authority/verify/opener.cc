#include "authority/verify/opener.h"

#include <algorithm>

#include "blocks/crypto/service.h"
#include "formats/jose/jws.h"
#include "formats/opaque/token.h"

namespace jeton::verify {
namespace {

// A record that was replaced while we looked is found again; a few rounds are more than a writer can keep up.
constexpr int kRounds = 8;

bool superseded(const TokenRecord& r) { return (r.status.load(std::memory_order_acquire) & TokenRecord::kSuperseded) != 0; }

// The newest record, or null.
template <class Look>
const TokenRecord* newest(Look&& look) {
  for (int round = 0; round < kRounds; ++round) {
    const TokenRecord* record = look();
    if (record == nullptr || !superseded(*record)) return record;
  }
  return nullptr;
}

}  // namespace

// Null where none that is held is hashed so.
std::expected<const TokenRecord*, Reason> Opener::find(std::string_view token) const {
  if (!world_.peppers) return std::unexpected(Reason::Unavailable);
  if (!crypto::in_service(crypto::Tested::TokenHmac)) return std::unexpected(Reason::OutOfService);
  const auto& peppers = *world_.peppers;
  const auto under = [&](std::size_t i) {
    const auto key = HashKey::of(peppers.hash(i, token));
    return newest([&] { return verifier_.tokens_.by_hash(key); });
  };
  const auto* record = under(0);
  for (std::size_t i = 1; record == nullptr && i < peppers.size(); ++i) record = under(i);
  // While it is hashed anew it stands under the one pepper or the other: who was too early for the newest looks there once more.
  if (record == nullptr && peppers.size() > 1) record = under(0);
  return record;
}

// Of a token that was not held when not all were.
std::expected<const TokenRecord*, Reason> Opener::fetch(std::string_view token) const {
  for (std::size_t i = 0; i < world_.peppers->size(); ++i) {
    const auto record = verifier_.fetch(world_.peppers->hash(i, token));
    if (!record) return std::unexpected(Reason::Unavailable);
    if (*record != nullptr) return *record;
  }
  return std::unexpected(Reason::Unknown);
}

std::expected<const TokenRecord*, Reason> Opener::find(const TokenId& id) const {
  if (const auto* record = newest([&] { return verifier_.tokens_.by_id(id); })) return record;
  if (verifier_.complete()) return std::unexpected(Reason::Unknown);
  const auto fetched = verifier_.fetch(id);
  if (!fetched) return std::unexpected(Reason::Unavailable);
  if (*fetched == nullptr) return std::unexpected(Reason::Unknown);
  return *fetched;
}

// Those of a set that stand in another one. Found out once, and remembered with the set: what was cut is rare.
std::uint32_t Opener::within(std::uint32_t scopes, std::uint32_t bound) const {
  if (scopes == bound) return scopes;
  const auto known = verifier_.tokens_.scope_set(scopes).cuts.find(bound);
  return known ? *known : found_within(scopes, bound);
}

void Opener::opened(const TokenRecord& record) {
  anchor_ = &record;
  principal_ = &verifier_.principals_.at(record.principal);
  Believed& b = decision_.token.emplace(Believed::Maker());
  b.id_ = TokenId(record.id);
  b.kind_ = record.kind;
  b.principal_ = PrincipalId(principal_->principal_kind, principal_->id);
  if (record.device != Slots::kNone) {
    device_ = &verifier_.devices_.at(record.device);
    b.device_ = DeviceId(device_->id);
  }
  scopes_ = record.scopes;
  if (record.expires != 0) b.expires_ = Instant::from_seconds(record.expires);
  // A record newer than this look may name an API that the look does not know.
  if (record.api < world_.apis.size()) {
    api_ = world_.apis[record.api].get();
    b.api_ = api_->id;
    b.api_name_ = api_->name;
  }
  if (record.extras != nullptr) {
    b.parent_ = record.extras->parent;
    if (const auto* own = record.own()) {
      b.confirmation_ = own->confirmation;
      if (!own->actor.token.none()) actor_ = &own->actor;
    }
    if (record.extras->client != Slots::kNone) {
      client_ = &verifier_.clients_.at(record.extras->client);
      b.client_ = ClientId(client_->id);
    }
  }
  // What its API no longer has, or its client may no longer have, it has not either.
  if (client_ != nullptr) scopes_ = within(scopes_, client_->scopes.load(std::memory_order_acquire));
  if (api_ != nullptr) scopes_ = within(scopes_, api_->scopes);
  b.scope_ = verifier_.tokens_.scope_set(scopes_).joined;
}

// What was exchanged never outlives a scope that its parent has lost since.
void Opener::hangs_on(const TokenRecord& parent) {
  scopes_ = within(scopes_, parent.scopes);
  decision_.token->scope_ = verifier_.tokens_.scope_set(scopes_).joined;
}

std::uint32_t Opener::found_within(std::uint32_t scopes, std::uint32_t bound) const {
  const auto& set = verifier_.tokens_.scope_set(scopes);
  const bool whole = holds_all(verifier_.tokens_.scope_set(bound).joined, set.joined);
  const auto left = whole ? scopes : verifier_.cut(set.joined, bound);
  set.cuts.note(bound, left, whole ? Cuts::Was::Whole : Cuts::Was::Cut);
  return left;
}

Reason Opener::open(std::string_view token, Instant now) {
  // A JSON object in base64url starts so; no brand may.
  if (!token.starts_with("ey")) return open_opaque(token);
  // Five are enough to tell the forms apart, and no octet is looked at twice.
  int dots = 0;
  for (auto at = token.find('.'); at != std::string_view::npos && dots < 5; at = token.find('.', at + 1)) ++dots;
  if (dots == 0) return open_opaque(token);
  return dots == 4 ? open_encrypted(token) : open_signed(token, now);
}

// [RFC7516 §3] five parts. Not decrypted: the key may be the API's alone. Believed as an opaque token is, by the hash of the whole
// text, so that no other spelling of it is.
Reason Opener::open_encrypted(std::string_view token) {
  if (token.size() > jose::kMostToken) return Reason::Malformed;
  return open_by_hash(token, [](opaque::Kind kind) { return kind == opaque::Kind::At; }, [] { return true; });
}

Reason Opener::open_opaque(std::string_view token) {
  if (token.size() > opaque::kLongest) return Reason::Malformed;
  // Only these are shown to an API; a code or a client secret is not a bearer token.
  return open_by_hash(token, shown, [token] {
    const auto shape = opaque::parse(token);
    return shape && shown(shape->kind);
  });
}

// What hashes to a token that is held is that token. Only of anything else is it asked whether it could be one, before the store is.
template <class Kinds, class WellFormed>
Reason Opener::open_by_hash(std::string_view token, Kinds&& kinds, WellFormed&& well_formed) {
  const bool all = verifier_.complete();
  auto record = find(token);
  if (!record || *record == nullptr) {
    if (!well_formed()) return Reason::Malformed;
    if (record) record = all ? std::unexpected(Reason::Unknown) : fetch(token);
    if (!record) return record.error();
  }
  if (!kinds((*record)->kind)) return Reason::Malformed;
  opened(**record);
  return Reason::Allowed;
}

}  // namespace jeton::verify
