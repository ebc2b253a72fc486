// Keys that sign and keys that verify. A key carries its algorithm; no call takes one from outside.
#pragma once

#include <memory>

#include "blocks/crypto/algorithm.h"
#include "ground/bytes.h"
#include "ground/entropy.h"
#include "ground/result.h"
#include "ground/secret.h"

namespace jeton::crypto {

// The public half, as the JWK members hold it (big-endian octets; RFC 7518 §6). Empty where the type has none.
struct PublicParts {
  KeyType type = KeyType::Ec;
  Curve curve = Curve::None;
  Bytes x, y;  // EC point, or OKP public key in x
  Bytes n, e;  // RSA
};

// The private half. `k` is an oct key; `d` alone for EC and OKP; RSA needs all of d, p, q, dp, dq, qi.
struct PrivateParts {
  Secret k, d, p, q, dp, dq, qi;
};

// Verifies signatures of one algorithm. Immutable and cheap to copy (shared snapshot). Any thread; no call
// allocates or fetches an algorithm once made.
class VerifyKey {
 public:
  // WeakKey: too short, not on its curve, e = 1 or even, wrong type for the algorithm. Malformed: lengths not canonical.
  static Result<VerifyKey> from_public(SignAlg alg, const PublicParts& parts);
  // HMAC: the key is at least as long as the hash (RFC 7518 §3.2).
  static Result<VerifyKey> from_secret(SignAlg alg, const Secret& k);

  // Gives an ES256 key that has verified so many signatures the tables that halve its cost: 150 KiB, and some 20 ms once, so a thread
  // that nobody waits for calls it now and then. Other keys, and those beyond a bounded number, stay as they are. The answers are the
  // same. All copies of the key have them.
  void quicken(std::uint32_t after = 1000) const;

  SignAlg alg() const;
  // BadSignature where it does not fit, of the wrong length, or out of range (ECDSA 0 < r,s < n; Ed25519 S < L).
  Status verify(ByteView message, ByteView signature) const;

  struct Body;
  explicit VerifyKey(std::shared_ptr<const Body> body) : body_(std::move(body)) {}

 private:
  std::shared_ptr<const Body> body_;
};

// Signs with one algorithm. Move-only in spirit: copies share one immutable key. Any thread.
class SignKey {
 public:
  // Checks the pair: consistent CRT values, the public half of the private one, a signature that verifies.
  static Result<SignKey> from_parts(SignAlg alg, const PublicParts& pub, const PrivateParts& priv);
  // A new key; RSA of `rsa_bits` (2048 to 8192). Takes tens of milliseconds to seconds for RSA.
  static Result<SignKey> generate(SignAlg alg, unsigned rsa_bits = 3072);

  // The Ed25519 key of a seed of 32 octets (RFC 8032 §5.1.5).
  static Result<SignKey> ed25519(const Secret& seed);

  SignAlg alg() const;
  // Octets of a signature by this key.
  std::size_t signature_size() const;
  // Writes exactly signature_size() octets. Fault::Crypto where the primitive fails.
  Status sign(ByteView message, ByteSpan signature) const;
  VerifyKey verify_key() const;
  // Empty for HMAC.
  PublicParts public_parts() const;
  PrivateParts private_parts() const;

  struct Body;
  explicit SignKey(std::shared_ptr<const Body> body) : body_(std::move(body)) {}

 private:
  std::shared_ptr<const Body> body_;
};

}  // namespace jeton::crypto
