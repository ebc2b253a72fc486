#include "authority/mint/access_token.h"

#include <algorithm>

#include "authority/policy/scopes.h"
#include "authority/policy/settings.h"
#include "blocks/crypto/service.h"
#include "blocks/json/writer.h"
#include "formats/jose/jws.h"
#include "formats/opaque/token.h"
#include "ground/secret_pass.h"

namespace jeton::mint {

// RFC 9068 §2.2, with the device where there is one, and the token it was exchanged for (docs/formats/jwt.md).
Result<Secret> AccessTokens::sign(const Minted& shape, const Order& order, const keys::KeyRing::Entry& key, Instant now) const {
  const auto subject = order.parent.principal.text();
  std::string claims;
  json::Writer w(claims);
  w.object().member("iss", issuer_).member("sub", subject).member("aud", order.api.audience);
  w.member("exp", shape.expires.seconds()).member("iat", now.seconds()).member("jti", shape.id.text());
  w.member("client_id", order.parent.client.none() ? subject : order.parent.client.text());
  w.member("scope", policy::joined(shape.scopes));
  if (!order.parent.device.none()) w.member("dev", order.parent.device.text());
  if (!order.confirmation.empty()) w.key("cnf").raw(order.confirmation);
  if (!order.act.empty()) w.key("act").raw(order.act).member("acting", order.acting);
  // [RFC9396 §9.1]
  if (!order.details.empty()) w.key("authorization_details").raw(order.details);
  w.member("parent", order.parent.id.text());
  if (!order.claims.empty()) claims.append(",").append(order.claims);
  w.end_object();
  TRY(auto jwt, jose::sign_compact("\"typ\":\"at+jwt\",\"kid\":\"" + key.kid + "\"", as_bytes(claims), *key.sign));
  Secret out = Secret::copy_of(as_bytes(jwt));
  wipe({reinterpret_cast<std::uint8_t*>(jwt.data()), jwt.size()});
  return out;
}

Result<Secret> AccessTokens::make_opaque() {
  TRY(const auto settings, policy::read_settings(ledger_));
  return opaque::make(settings.brand, opaque::Kind::At, entropy_);
}

Status AccessTokens::store(const Minted& shape, const Order& order, const audit::Doing& doing) {
  const auto octets = as_text(shape.text.read(Pass::key()));
  const auto peppers = peppers_.snapshot();
  ledger::Token t;
  t.id = t.family = shape.id;
  t.kind = opaque::Kind::At;
  t.hash = peppers->hash(0, octets);
  t.pepper = peppers->active();
  // An encrypted token has no body and check: its last characters stand for it.
  const auto shape_of_it = opaque::parse(octets);
  const auto hint = shape_of_it ? shape_of_it->hint() : octets.substr(octets.size() - 4);
  std::copy(hint.begin(), hint.end(), t.hint.begin());
  t.confirmation = order.confirmation;
  t.principal = order.parent.principal;
  t.device = order.parent.device;
  t.client = order.parent.client;
  t.api = order.api.id;
  t.scopes = shape.scopes;
  t.network = order.parent.network;
  t.created = doing.now;
  t.expires = shape.expires;
  t.parent = order.parent.id;
  if (!order.act.empty()) t.metadata = {{"act", order.act}, {"acting", order.acting}};
  if (!order.details.empty()) t.metadata.emplace_back("authorization_details", order.details);
  std::vector<ledger::Change> changes{ledger::Insert<ledger::Token>{std::move(t)}};
  // What a grant gives is told by the grant; only what a person or a program asked for anew is written down.
  if (order.parent.kind != opaque::Kind::Rt) {
    TRY(auto event, audit::event(doing, "token.exchange", order.parent.id.text(), entropy_));
    changes.push_back(std::move(event));
  }
  TRY_VOID(ledger_.commit(std::move(changes)));
  return {};
}

Result<Minted> AccessTokens::mint(const Order& order, const keys::KeyRing& ring, const audit::Doing& doing) {
  if (order.api.id != order.parent.api) return refuse(Refusal::Denied, "the token is for another API");
  if (order.parent.kind == opaque::Kind::At) return refuse(Refusal::Denied, "an exchanged token is not exchanged again");
  Minted m;
  m.scopes = order.scopes.empty() && order.details.empty() ? order.parent.scopes : order.scopes;
  if (!policy::subset(m.scopes, order.parent.scopes)) return refuse(Refusal::Denied, "more scopes than the token has");
  // What the API no longer has is given to nobody.
  auto left = policy::left_of(m.scopes, order.api.scopes);
  if (left.empty() && !m.scopes.empty()) return refuse(Refusal::Denied, "the API has none of these scopes any more");
  m.scopes = std::move(left);
  auto lifetime = std::min(order.lifetime.value_or(order.api.access_ttl), order.api.access_ttl);
  if (lifetime < Seconds(1)) return refuse(Refusal::Invalid, "expires_in: at least one second");
  m.expires = Instant::from_seconds((doing.now + lifetime).seconds());
  for (const auto& end : {order.parent.expires, order.parent.overlap_until, order.until})
    if (end) m.expires = std::min(m.expires, *end);
  TRY(m.id, TokenId::make(doing.now, entropy_));
  if (order.api.format == ledger::TokenFormat::Opaque) {
    TRY(m.text, make_opaque());
    TRY_VOID(store(m, order, doing));
    return m;
  }
  TRY_VOID(crypto::needs(crypto::tested(order.api.alg)));
  const auto* key = ring.signer(order.api.alg, order.api.id);
  if (key == nullptr && crypto::info(order.api.alg).key_type == crypto::KeyType::Oct)
    return refuse(Refusal::Conflict, "the API has no shared secret yet: jeton api shared-secret makes one");
  if (key == nullptr) return fault(Fault::Config, "there is no active signing key for the API's algorithm");
  TRY(m.text, sign(m, order, *key, doing.now));
  const bool encrypted = order.api.format == ledger::TokenFormat::Jwe;
  if (!encrypted && !key->shared()) return m;
  // Only its API can look inside, or its API could have signed it too: here it is known by its hash.
  if (encrypted) { TRY(m.text, encryptions_.encrypt(order.api, as_text(m.text.read(Pass::key())), doing)); }
  TRY_VOID(store(m, order, doing));
  return m;
}

}  // namespace jeton::mint
