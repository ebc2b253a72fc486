// What a key is made of. For the files of this room that make and use keys.
#pragma once

#include <atomic>
#include <optional>

#include "blocks/crypto/external_key.h"
#include "blocks/crypto/mac.h"
#include "blocks/crypto/openssl.h"
#include "blocks/crypto/p256_tables.h"
#include "blocks/crypto/sign.h"

namespace jeton::crypto {

struct VerifyKey::Body {
  SignAlg alg;
  PkeyPtr pkey;                          // EC and RSA
  PkeyCtxPtr verify_template;            // initialised for this key and algorithm; copied per thread
  std::array<std::uint8_t, 32> ed25519{};
  std::unique_ptr<const Hmac> hmac;
  std::size_t signature_size = 0;
  mutable std::atomic<const P256Tables*> tables{nullptr};   // owned; of ES256 keys that are busy
  mutable std::atomic<std::uint32_t> verified{0};           // signatures, while there are no tables
  std::uint64_t serial = 0;              // unique in the process: names this key to per-thread caches

  ~Body() { delete tables.load(); }
};

struct SignKey::Body {
  SignAlg alg;
  PublicParts pub;
  PrivateParts priv;
  PkeyPtr pkey;
  VerifyKey verify;
  Signer elsewhere = {};             // of a key that is used and never seen
  PkeyCtxPtr sign_template = {};     // of EC and RSA: initialised for this key and algorithm, copied for each signature
};

// Makes the OpenSSL key of the parts, checked as FIPS 186-5 and RFC 7518 ask; `priv` null for a public key.
Result<PkeyPtr> make_rsa(const PublicParts& pub, const PrivateParts* priv);
Result<PkeyPtr> make_ec(const PublicParts& pub, const PrivateParts* priv);
// Sets digest, padding and salt as the algorithm has them.
bool set_scheme(EVP_PKEY_CTX* context, const SignAlgInfo& alg);

std::size_t coordinate_size(Curve curve);
const char* group_name(Curve curve);
// A big-endian number without leading zeros (RFC 7518 §2, Base64urlUInt), or of exactly `size` octets.
bool canonical(ByteView number);

// The number `name` of a key, big-endian: as many octets as it needs, or `size`.
Bytes number_of(const EVP_PKEY* pkey, const char* name, std::size_t size = 0);

// JOSE's R || S and the DER form that OpenSSL reads. Both refuse what is not 0 < r,s < n.
std::size_t to_der(Curve curve, ByteView raw, ByteSpan der);
bool to_raw(ByteView der, ByteSpan raw);

}  // namespace jeton::crypto
