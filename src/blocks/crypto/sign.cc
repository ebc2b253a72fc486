#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <sodium.h>

#include "blocks/crypto/hash.h"
#include "blocks/crypto/key_body.h"
#include "blocks/crypto/random.h"
#include "blocks/crypto/selftest/faults.h"
#include "blocks/crypto/service.h"
#include "ground/secret_pass.h"

namespace jeton::crypto {
namespace {

Secret as_secret(Bytes&& octets) { return Secret(std::move(octets)); }

// A signature made by the private half is good under the public one.
Status pairwise_check(const SignKey& key) {
  static constexpr std::string_view kMessage = "pairwise consistency";
  Bytes signature(key.signature_size());
  TRY_VOID(key.sign(as_bytes(kMessage), signature));
  if (!key.verify_key().verify(as_bytes(kMessage), signature))
    return refuse(Refusal::WeakKey, "the private key does not fit the public one");
  return {};
}

Result<SignKey> generate_okp() {
  std::uint8_t pub[32], both[64];
  if (sodium_init() < 0) return fault(Fault::NoEntropy);
  crypto_sign_keypair(pub, both);
  PublicParts parts{.type = KeyType::Okp, .curve = Curve::Ed25519, .x = Bytes(pub, pub + 32), .y = {}, .n = {}, .e = {}};
  PrivateParts priv;
  priv.d = Secret::copy_of({both, 32});
  wipe(both);
  return SignKey::from_parts(SignAlg::EdDSA, parts, priv);
}

Result<SignKey> generate_oct(SignAlg alg) {
  PrivateParts priv;
  priv.k = Secret(hash_size(info(alg).hash));
  SystemEntropy entropy;
  TRY_VOID(entropy.fill(priv.k.write(Pass::key())));
  return SignKey::from_parts(alg, {.type = KeyType::Oct, .curve = Curve::None, .x = {}, .y = {}, .n = {}, .e = {}}, priv);
}

Result<SignKey> generate_ec(SignAlg alg) {
  const Curve curve = info(alg).curve;
  const PkeyPtr pkey(EVP_EC_gen(group_name(curve)));
  if (!pkey) return fault(Fault::Crypto);
  const auto size = coordinate_size(curve);
  PublicParts pub{.type = KeyType::Ec,
                  .curve = curve,
                  .x = number_of(pkey.get(), OSSL_PKEY_PARAM_EC_PUB_X, size),
                  .y = number_of(pkey.get(), OSSL_PKEY_PARAM_EC_PUB_Y, size),
                  .n = {},
                  .e = {}};
  PrivateParts priv;
  priv.d = as_secret(number_of(pkey.get(), OSSL_PKEY_PARAM_PRIV_KEY, size));
  return SignKey::from_parts(alg, pub, priv);
}

Result<SignKey> generate_rsa(SignAlg alg, unsigned bits) {
  if (bits < 2048 || bits > 8192) return refuse(Refusal::WeakKey, "RSA keys are made with 2048 to 8192 bits");
  const PkeyPtr pkey(EVP_RSA_gen(bits));
  if (!pkey) return fault(Fault::Crypto);
  const auto part = [&](const char* name) { return number_of(pkey.get(), name); };
  PublicParts pub{
      .type = KeyType::Rsa, .curve = Curve::None, .x = {}, .y = {}, .n = part(OSSL_PKEY_PARAM_RSA_N), .e = part(OSSL_PKEY_PARAM_RSA_E)};
  PrivateParts priv;
  priv.d = as_secret(part(OSSL_PKEY_PARAM_RSA_D));
  priv.p = as_secret(part(OSSL_PKEY_PARAM_RSA_FACTOR1));
  priv.q = as_secret(part(OSSL_PKEY_PARAM_RSA_FACTOR2));
  priv.dp = as_secret(part(OSSL_PKEY_PARAM_RSA_EXPONENT1));
  priv.dq = as_secret(part(OSSL_PKEY_PARAM_RSA_EXPONENT2));
  priv.qi = as_secret(part(OSSL_PKEY_PARAM_RSA_COEFFICIENT1));
  return SignKey::from_parts(alg, pub, priv);
}

PrivateParts clone(const PrivateParts& p) {
  return {p.k.clone(), p.d.clone(), p.p.clone(), p.q.clone(), p.dp.clone(), p.dq.clone(), p.qi.clone()};
}

// The 64 octets libsodium signs with: the seed and the public key it really has.
Result<Secret> ed25519_secret(const Secret& seed, const Bytes& expected_public) {
  if (seed.size() != 32) return refuse(Refusal::Malformed, "an Ed25519 private key has 32 octets");
  std::uint8_t pub[32];
  Secret both(64);
  if (sodium_init() < 0) return fault(Fault::NoEntropy);
  crypto_sign_seed_keypair(pub, both.write(Pass::key()).data(), seed.read(Pass::key()).data());
  if (!equal_constant_time(pub, expected_public)) return refuse(Refusal::WeakKey, "the private key does not fit the public one");
  return both;
}

// What finds the algorithm by its name and sets it up, once a key.
Result<PkeyCtxPtr> ready_to_sign(EVP_PKEY* pkey, const SignAlgInfo& alg) {
  PkeyCtxPtr context(EVP_PKEY_CTX_new_from_pkey(nullptr, pkey, nullptr));
  if (!context || EVP_PKEY_sign_init(context.get()) != 1 || !set_scheme(context.get(), alg)) return fault(Fault::Crypto);
  return context;
}

// A context of its own each time, and none that is kept: nothing but the key itself outlives the signature.
Status sign_hashed(EVP_PKEY_CTX* made, const SignAlgInfo& alg, ByteView message, ByteSpan signature) {
  std::uint8_t digest[64], der[160];
  const auto size = hash_into(alg.hash, message, digest);
  const PkeyCtxPtr context(EVP_PKEY_CTX_dup(made));
  if (!context) return fault(Fault::Crypto);
  if (alg.key_type == KeyType::Rsa) {
    std::size_t n = signature.size();
    if (EVP_PKEY_sign(context.get(), signature.data(), &n, digest, size) != 1 || n != signature.size()) return fault(Fault::Crypto);
    return {};
  }
  std::size_t n = sizeof der;
  if (EVP_PKEY_sign(context.get(), der, &n, digest, size) != 1 || !to_raw({der, n}, signature)) return fault(Fault::Crypto);
  return {};
}

Status sign_with(const SignKey::Body& key, const SignAlgInfo& alg, ByteView message, ByteSpan signature) {
  if (key.elsewhere) return key.elsewhere(key.alg, message, signature);
  switch (alg.key_type) {
    case KeyType::Okp:
      crypto_sign_detached(signature.data(), nullptr, message.data(), message.size(), key.priv.p.read(Pass::key()).data());
      return {};
    case KeyType::Oct: {
      // The verifying half holds the prepared key.
      const Hmac hmac(alg.hash, key.priv.k);
      hmac(message, signature);
      return {};
    }
    default: return sign_hashed(key.sign_template.get(), alg, message, signature);
  }
}

}  // namespace

Result<SignKey> SignKey::from_parts(SignAlg alg, const PublicParts& pub, const PrivateParts& priv) {
  const auto& a = info(alg);
  const bool oct = a.key_type == KeyType::Oct;
  TRY(auto verify, oct ? VerifyKey::from_secret(alg, priv.k) : VerifyKey::from_public(alg, pub));
  auto body = std::make_shared<Body>(Body{alg, pub, clone(priv), nullptr, std::move(verify)});
  if (a.key_type == KeyType::Okp) {
    // Kept where RSA keeps p: the expanded form, so that signing does not derive it anew.
    TRY(body->priv.p, ed25519_secret(priv.d, pub.x));
  } else if (a.key_type == KeyType::Rsa) {
    TRY(body->pkey, make_rsa(pub, &priv));
  } else if (a.key_type == KeyType::Ec) {
    TRY(body->pkey, make_ec(pub, &priv));
  }
  if (body->pkey) { TRY(body->sign_template, ready_to_sign(body->pkey.get(), a)); }
  SignKey key(std::move(body));
  TRY_VOID(pairwise_check(key));
  return key;
}

Result<SignKey> sign_key_elsewhere(SignAlg alg, const PublicParts& pub, Signer signer) {
  TRY(auto verify, VerifyKey::from_public(alg, pub));
  SignKey key(std::make_shared<SignKey::Body>(SignKey::Body{alg, pub, {}, nullptr, std::move(verify), std::move(signer)}));
  TRY_VOID(pairwise_check(key));
  return key;
}

Result<SignKey> SignKey::generate(SignAlg alg, unsigned rsa_bits) {
  switch (info(alg).key_type) {
    case KeyType::Okp: return generate_okp();
    case KeyType::Oct: return generate_oct(alg);
    case KeyType::Ec: return generate_ec(alg);
    case KeyType::Rsa: return generate_rsa(alg, rsa_bits);
  }
  return fault(Fault::Crypto);
}

Result<SignKey> SignKey::ed25519(const Secret& seed) {
  if (seed.size() != 32) return refuse(Refusal::Malformed, "an Ed25519 private key has 32 octets");
  if (sodium_init() < 0) return fault(Fault::NoEntropy);
  std::uint8_t pub[32], both[64];
  crypto_sign_seed_keypair(pub, both, seed.read(Pass::key()).data());
  wipe(both);
  PublicParts parts{.type = KeyType::Okp, .curve = Curve::Ed25519, .x = Bytes(pub, pub + 32), .y = {}, .n = {}, .e = {}};
  PrivateParts priv;
  priv.d = seed.clone();
  return from_parts(SignAlg::EdDSA, parts, priv);
}

SignAlg SignKey::alg() const { return body_->alg; }
std::size_t SignKey::signature_size() const {
  return info(body_->alg).key_type == KeyType::Rsa ? body_->pub.n.size() : info(body_->alg).signature_size;
}
VerifyKey SignKey::verify_key() const { return body_->verify; }
PublicParts SignKey::public_parts() const { return body_->pub; }
PrivateParts SignKey::private_parts() const {
  auto parts = clone(body_->priv);
  if (info(body_->alg).key_type == KeyType::Okp) parts.p = Secret();
  return parts;
}

Status SignKey::sign(ByteView message, ByteSpan signature) const {
  const auto& alg = info(body_->alg);
  TRY_VOID(needs(tested(body_->alg)));
  if (signature.size() != signature_size()) return fault(Fault::Crypto, "room for exactly one signature");
  TRY_VOID(sign_with(*body_, alg, message, signature));
  if (faults::broken(tested(body_->alg))) signature[0] ^= 1;
  return {};
}

}  // namespace jeton::crypto
