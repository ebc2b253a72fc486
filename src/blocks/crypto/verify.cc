#include <sodium.h>

#include <array>
#include <atomic>

#include "blocks/crypto/hash.h"
#include "blocks/crypto/key_body.h"
#include "blocks/crypto/selftest/faults.h"
#include "blocks/crypto/service.h"

#include <openssl/core_names.h>
#include <openssl/rsa.h>

namespace jeton::crypto {
namespace {

std::uint64_t next_serial() {
  static std::atomic<std::uint64_t> serial{0};
  return serial.fetch_add(1) + 1;
}

// A context of this thread, ready for the key: OpenSSL's are not for sharing, and making one costs more than using it.
EVP_PKEY_CTX* thread_context(const VerifyKey::Body& key) {
  struct Held {
    std::uint64_t serial = 0;
    PkeyCtxPtr context;
  };
  thread_local std::array<Held, 16> held;
  Held& place = held[key.serial % held.size()];
  if (place.serial != key.serial) {
    place.context.reset(EVP_PKEY_CTX_dup(key.verify_template.get()));
    place.serial = place.context ? key.serial : 0;
  }
  return place.context.get();
}

Status verdict(bool good) {
  if (good) return {};
  return refuse(Refusal::BadSignature);
}

Status verify_hashed(const VerifyKey::Body& key, ByteView message, ByteView signature) {
  const auto& alg = info(key.alg);
  std::uint8_t digest[64], der[160];
  ByteView presented = signature;
  if (alg.key_type == KeyType::Ec) {
    const auto size = to_der(alg.curve, signature, der);
    if (size == 0) return verdict(false);
    presented = ByteView(der, size);
  }
  const auto size = hash_into(alg.hash, message, digest);
  if (key.alg == SignAlg::ES256) {
    if (const auto* tables = key.tables.load(std::memory_order_acquire)) return verdict(tables->verify({digest, size}, signature));
    key.verified.fetch_add(1, std::memory_order_relaxed);
  }
  EVP_PKEY_CTX* context = thread_context(key);
  if (context == nullptr) return fault(Fault::Crypto);
  return verdict(EVP_PKEY_verify(context, presented.data(), presented.size(), digest, size) == 1);
}

}  // namespace

bool set_scheme(EVP_PKEY_CTX* context, const SignAlgInfo& alg) {
  if (EVP_PKEY_CTX_set_signature_md(context, fetched(alg.hash)) != 1) return false;
  if (alg.key_type != KeyType::Rsa) return true;
  if (!alg.pss) return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1;
  // [RFC7518 §3.5] the salt is as long as the hash, MGF1 uses the same one.
  return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
         EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1 &&
         EVP_PKEY_CTX_set_rsa_mgf1_md(context, fetched(alg.hash)) == 1;
}

Result<VerifyKey> VerifyKey::from_public(SignAlg alg, const PublicParts& parts) {
  const auto& a = info(alg);
  if (a.key_type == KeyType::Oct || parts.type != a.key_type || (a.key_type != KeyType::Rsa && parts.curve != a.curve))
    return refuse(Refusal::WeakKey, "the key is not of the algorithm's type");
  auto body = std::make_shared<Body>();
  body->alg = alg;
  body->serial = next_serial();
  body->signature_size = a.signature_size;
  if (a.key_type == KeyType::Okp) {
    if (parts.x.size() != 32) return refuse(Refusal::Malformed, "an Ed25519 public key has 32 octets");
    if (crypto_core_ed25519_is_valid_point(parts.x.data()) != 1) return refuse(Refusal::WeakKey, "not a point of the prime-order group");
    std::copy(parts.x.begin(), parts.x.end(), body->ed25519.begin());
    return VerifyKey(std::move(body));
  }
  if (a.key_type == KeyType::Rsa) {
    TRY(body->pkey, make_rsa(parts, nullptr));
    body->signature_size = parts.n.size();
  } else {
    TRY(body->pkey, make_ec(parts, nullptr));
  }
  body->verify_template.reset(EVP_PKEY_CTX_new_from_pkey(nullptr, body->pkey.get(), nullptr));
  if (!body->verify_template || EVP_PKEY_verify_init(body->verify_template.get()) != 1 || !set_scheme(body->verify_template.get(), a))
    return fault(Fault::Crypto);
  return VerifyKey(std::move(body));
}

Result<VerifyKey> VerifyKey::from_secret(SignAlg alg, const Secret& k) {
  const auto& a = info(alg);
  if (a.key_type != KeyType::Oct) return refuse(Refusal::WeakKey, "the key is not of the algorithm's type");
  // [RFC7518 §3.2]
  if (k.size() < hash_size(a.hash)) return refuse(Refusal::WeakKey, "an HMAC key is at least as long as the hash");
  auto body = std::make_shared<Body>();
  body->alg = alg;
  body->hmac = std::make_unique<const Hmac>(a.hash, k);
  body->signature_size = a.signature_size;
  return VerifyKey(std::move(body));
}

void VerifyKey::quicken(std::uint32_t after) const {
  const Body& key = *body_;
  if (key.alg != SignAlg::ES256 || key.tables.load() != nullptr || key.verified.load() < after) return;
  auto made =
      P256Tables::of(number_of(key.pkey.get(), OSSL_PKEY_PARAM_EC_PUB_X, 32), number_of(key.pkey.get(), OSSL_PKEY_PARAM_EC_PUB_Y, 32));
  const P256Tables* none = nullptr;
  // Where another thread was first, its tables stay.
  if (made && key.tables.compare_exchange_strong(none, made.get(), std::memory_order_release)) (void)made.release();
}

SignAlg VerifyKey::alg() const { return body_->alg; }

Status VerifyKey::verify(ByteView message, ByteView signature) const {
  const Body& key = *body_;
  TRY_VOID(needs(tested(key.alg)));
  if (faults::broken(tested(key.alg))) return verdict(false);
  if (faults::broken(tested(key.alg), faults::How::TakesAll)) return {};
  // Exact, before any primitive sees it: OpenSSL takes a PSS signature that lost a leading zero (RFC 8017 §8.1.2).
  if (signature.size() != key.signature_size) return verdict(false);
  switch (info(key.alg).key_type) {
    case KeyType::Okp:
      return verdict(crypto_sign_verify_detached(signature.data(), message.data(), message.size(), key.ed25519.data()) == 0);
    case KeyType::Oct: {
      std::uint8_t mac[64];
      const auto size = (*key.hmac)(message, mac);
      return verdict(equal_constant_time({mac, size}, signature));
    }
    default: return verify_hashed(key, message, signature);
  }
}

}  // namespace jeton::crypto
