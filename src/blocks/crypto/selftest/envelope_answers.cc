#include "blocks/crypto/selftest/envelope_answers.h"

#include "blocks/crypto/envelope/agreement.h"
#include "blocks/crypto/envelope/content.h"
#include "blocks/crypto/envelope/wrap.h"
#include "blocks/crypto/selftest/octets.h"
#include "blocks/crypto/selftest/vectors.h"
#include "ground/secret_pass.h"

namespace jeton::crypto::selftest {
namespace {

bool refuses(const Result<Secret>& r) { return !r && r.error().is(Refusal::BadSignature); }
bool gives(const Result<Secret>& r, ByteView published) { return r && r->equal(published); }

bool content(const ContentVector& v) {
  const auto key = secret(v.key);
  const auto iv = octets(v.iv), associated = octets(v.associated), body = octets(v.sealed), tag = octets(v.tag);
  const auto sealed = seal_content(v.alg, key, iv, associated, octets(v.plain));
  if (!sealed || sealed->ciphertext != body || sealed->tag != tag) return false;
  return gives(open_content(v.alg, key, iv, associated, body, tag), octets(v.plain)) &&
         refuses(open_content(v.alg, key, iv, associated, flipped(body), tag)) &&
         refuses(open_content(v.alg, key, iv, associated, body, flipped(tag))) &&
         refuses(open_content(v.alg, key, iv, flipped(associated), body, tag)) &&
         refuses(open_content(v.alg, key, flipped(iv), associated, body, tag));
}

bool is_gcm(ContentAlg alg) { return alg >= ContentAlg::A128Gcm; }

PublicParts curve_public(Curve curve, std::string_view x, std::string_view y) {
  return {.type = curve == Curve::X25519 ? KeyType::Okp : KeyType::Ec, .curve = curve, .x = octets(x), .y = octets(y), .n = {}, .e = {}};
}

}  // namespace

bool content_gcm_answers() {
  for (const auto& v : contents())
    if (is_gcm(v.alg) && !content(v)) return false;
  return true;
}

bool content_cbc_answers() {
  for (const auto& v : contents())
    if (!is_gcm(v.alg) && !content(v)) return false;
  return true;
}

bool wrap_answers() {
  for (const auto& v : wraps()) {
    const auto kek = secret(v.kek);
    const auto published = octets(v.wrapped);
    const auto wrapped = wrap_key(kek, secret(v.key));
    if (!wrapped || *wrapped != published || !gives(unwrap_key(kek, published), octets(v.key))) return false;
    if (!refuses(unwrap_key(kek, flipped(published))) || !refuses(unwrap_key(Secret(flipped(octets(v.kek))), published))) return false;
  }
  return true;
}

bool oaep_answers() {
  const auto& k = rsa_key();
  const PublicParts pub{.type = KeyType::Rsa, .curve = Curve::None, .x = {}, .y = {}, .n = octets(k.n), .e = octets(k.e)};
  const PrivateParts priv{Secret(), secret(k.d), secret(k.p), secret(k.q), secret(k.dp), secret(k.dq), secret(k.qi)};
  const auto key = UnwrapKey::from_parts(pub, priv);
  const auto to = WrapKey::from_public(pub);
  if (!key || !to) return false;
  for (const auto& v : oaeps()) {
    const auto published = octets(v.encrypted);
    const Oaep scheme{.digest = v.hash, .mask = v.hash, .label = {}};
    const auto plain = octets(v.plain);
    const auto opens_to = [&](ByteView wrapped, ByteView what) { return gives(key->unwrap(scheme, wrapped, what.size()), what); };
    // What does not open gives a key that nobody knows: neither the published one nor one of zeros.
    if (!opens_to(published, plain) || opens_to(flipped(published), plain) || opens_to(flipped(published), Bytes(32))) return false;
    const auto again = to->wrap(scheme, secret(v.plain));
    if (!again || !opens_to(*again, plain)) return false;
  }
  return true;
}

bool agreement_answers() {
  for (const auto& v : agreements()) {
    PrivateParts priv;
    priv.d = secret(v.d);
    const auto key = AgreeKey::from_parts(curve_public(v.curve, v.x, v.y), priv);
    if (!key || !gives(key->agree(curve_public(v.curve, v.peer_x, v.peer_y)), octets(v.shared))) return false;
    // Off its curve, or, where every x is on it, another secret.
    auto off = curve_public(v.curve, v.peer_x, v.peer_y);
    off.x[off.x.size() / 2] ^= 1;
    const auto other = key->agree(off);
    if (other && (v.curve != Curve::X25519 || other->equal(octets(v.shared)))) return false;
  }
  return true;
}

bool concat_answers() {
  for (const auto& v : concats()) {
    const auto published = octets(v.output);
    const auto u = octets(v.party_u), w = octets(v.party_v);
    if (!gives(concat_kdf(secret(v.shared), v.algorithm, u, w, published.size()), published)) return false;
    const auto other = concat_kdf(secret(v.shared), v.algorithm, flipped(u), w, published.size());
    if (!other || other->equal(published)) return false;
  }
  return true;
}

bool pbkdf2_answers() {
  for (const auto& v : password_keys()) {
    const auto published = octets(v.output);
    if (!gives(pbkdf2(v.hash, secret(v.password), octets(v.salt), v.rounds, published.size()), published)) return false;
    const auto other = pbkdf2(v.hash, Secret(flipped(octets(v.password))), octets(v.salt), v.rounds, published.size());
    if (!other || other->equal(published)) return false;
  }
  return true;
}

}  // namespace jeton::crypto::selftest
