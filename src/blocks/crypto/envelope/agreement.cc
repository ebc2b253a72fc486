#include "blocks/crypto/envelope/agreement.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <sodium.h>

#include "blocks/crypto/hash.h"
#include "blocks/crypto/key_body.h"
#include "blocks/crypto/selftest/faults.h"
#include "ground/secret_pass.h"

namespace jeton::crypto {

struct AgreeKey::Body {
  PublicParts pub;
  Secret d;
  PkeyPtr pkey;   // null for X25519
};

namespace {

bool is_nist(Curve curve) { return curve == Curve::P256 || curve == Curve::P384 || curve == Curve::P521; }
auto misfit() { return refuse(Refusal::WeakKey, "the private key does not fit the public one"); }

Result<Secret> agree_x25519(const Secret& d, const Bytes& peer) {
  Secret shared(32);
  // [RFC8037 §3.2.1] it refuses the secret of zeros that points of small order give
  if (crypto_scalarmult_curve25519(shared.write(Pass::key()).data(), d.read(Pass::key()).data(), peer.data()) != 0)
    return refuse(Refusal::WeakKey, "the peer's key gives no secret");
  return shared;
}

Result<Secret> agree_nist(EVP_PKEY* own, EVP_PKEY* peer, std::size_t size) {
  const PkeyCtxPtr context(EVP_PKEY_CTX_new_from_pkey(nullptr, own, nullptr));
  Secret shared(size);
  std::size_t n = size;
  const bool ok = context && EVP_PKEY_derive_init(context.get()) == 1 && EVP_PKEY_derive_set_peer_ex(context.get(), peer, 0) == 1 &&
                  EVP_PKEY_derive(context.get(), shared.write(Pass::key()).data(), &n) == 1;
  ERR_clear_error();
  if (!ok || n != size) return refuse(Refusal::WeakKey, "the peer's key gives no secret");
  return shared;
}

}  // namespace

Status check_agreement_public(const PublicParts& pub) {
  if (pub.curve == Curve::X25519 && pub.type == KeyType::Okp) {
    if (pub.x.size() != 32) return refuse(Refusal::Malformed, "an X25519 public key has 32 octets");
    // [RFC7748 §6.1] A point of small order gives zero with every private key, for those are multiples of eight.
    constexpr std::uint8_t kAny[32] = {9};
    std::uint8_t shared[32];
    if (crypto_scalarmult_curve25519(shared, kAny, pub.x.data()) != 0) return refuse(Refusal::WeakKey, "a point of small order");
    return {};
  }
  if (pub.type != KeyType::Ec || !is_nist(pub.curve)) return refuse(Refusal::WeakKey, "not a key for key agreement");
  TRY(const auto pkey, make_ec(pub, nullptr));
  return {};
}

Result<AgreeKey> AgreeKey::from_parts(const PublicParts& pub, const PrivateParts& priv) {
  TRY_VOID(check_agreement_public(pub));
  auto body = std::make_shared<Body>(Body{pub, priv.d.clone(), nullptr});
  if (pub.curve == Curve::X25519) {
    std::uint8_t own[32];
    if (priv.d.size() != 32) return refuse(Refusal::Malformed, "an X25519 private key has 32 octets");
    crypto_scalarmult_curve25519_base(own, priv.d.read(Pass::key()).data());
    if (!equal_constant_time(own, pub.x)) return misfit();
  } else {
    TRY(body->pkey, make_ec(pub, &priv));
  }
  return AgreeKey(std::move(body));
}

Result<AgreeKey> AgreeKey::generate(Curve curve) {
  PublicParts pub{.type = KeyType::Okp, .curve = curve, .x = {}, .y = {}, .n = {}, .e = {}};
  PrivateParts priv;
  if (curve == Curve::X25519) {
    if (sodium_init() < 0) return fault(Fault::NoEntropy);
    priv.d = Secret(32);
    pub.x.resize(32);
    randombytes_buf(priv.d.write(Pass::key()).data(), 32);
    crypto_scalarmult_curve25519_base(pub.x.data(), priv.d.read(Pass::key()).data());
    return from_parts(pub, priv);
  }
  if (!is_nist(curve)) return refuse(Refusal::Unsupported, "not a curve for key agreement");
  const PkeyPtr pkey(EVP_EC_gen(group_name(curve)));
  if (!pkey) return fault(Fault::Crypto);
  const auto size = coordinate_size(curve);
  pub.type = KeyType::Ec;
  pub.x = number_of(pkey.get(), OSSL_PKEY_PARAM_EC_PUB_X, size);
  pub.y = number_of(pkey.get(), OSSL_PKEY_PARAM_EC_PUB_Y, size);
  priv.d = Secret(number_of(pkey.get(), OSSL_PKEY_PARAM_PRIV_KEY, size));
  return from_parts(pub, priv);
}

const PublicParts& AgreeKey::public_parts() const { return body_->pub; }

PrivateParts AgreeKey::private_parts() const {
  PrivateParts parts;
  parts.d = body_->d.clone();
  return parts;
}

Result<Secret> AgreeKey::agree(const PublicParts& peer) const {
  TRY_VOID(needs(Tested::Agreement));
  if (faults::broken(Tested::Agreement)) return Secret(coordinate_size(peer.curve));
  if (peer.curve != body_->pub.curve || peer.type != body_->pub.type) return refuse(Refusal::WeakKey, "the peer's key is of another curve");
  if (peer.curve == Curve::X25519) {
    if (peer.x.size() != 32) return refuse(Refusal::Malformed, "an X25519 public key has 32 octets");
    return agree_x25519(body_->d, peer.x);
  }
  // [RFC7518 §4.6] on the curve before anything is computed with it: make_ec checks
  TRY(const auto pkey, make_ec(peer, nullptr));
  return agree_nist(body_->pkey.get(), pkey.get(), coordinate_size(peer.curve));
}

Result<Secret> concat_kdf(const Secret& shared, std::string_view algorithm, ByteView party_u, ByteView party_v, std::size_t size) {
  TRY_VOID(needs(Tested::ConcatKdf));
  if (faults::broken(Tested::ConcatKdf)) return Secret(size);
  Bytes input;
  input.reserve(shared.size() + algorithm.size() + party_u.size() + party_v.size() + 20);   // no copy of the secret is left behind
  input.resize(4);
  const auto put_number = [&](std::size_t n) {
    for (int shift = 24; shift >= 0; shift -= 8) input.push_back(static_cast<std::uint8_t>(n >> shift));
  };
  const auto put = [&](ByteView v) {
    put_number(v.size());
    input.insert(input.end(), v.begin(), v.end());
  };
  const auto z = shared.read(Pass::key());
  input.insert(input.end(), z.begin(), z.end());
  put(as_bytes(algorithm));
  put(party_u);
  put(party_v);
  put_number(size * 8);
  Secret out((size + 31) / 32 * 32);
  for (std::size_t round = 0; round * 32 < size; ++round) {
    input[3] = static_cast<std::uint8_t>(round + 1);
    hash_into(HashAlg::Sha256, input, out.write(Pass::key()).subspan(round * 32, 32));
  }
  wipe(input);
  return Secret::copy_of(out.read(Pass::key()).first(size));
}

}  // namespace jeton::crypto
