// Keys that protect keys: AES key wrap, RSA-OAEP, and keys from passwords (RFC 7518 §4).
#pragma once

#include "blocks/crypto/envelope/algorithm.h"
#include "blocks/crypto/envelope/candidate.h"
#include "blocks/crypto/sign.h"

namespace jeton::crypto {

// AES key wrap (RFC 3394): the wrapping key has 16, 24 or 32 octets, the wrapped one a multiple of 8, from 16.
Result<Bytes> wrap_key(const Secret& kek, const Secret& key);
// A key of `size` octets, or none, in one time. Only faults are told.
Result<Candidate> try_unwrap_key(const Secret& kek, ByteView wrapped, std::size_t size);
// BadSignature where it does not unwrap.
Result<Secret> unwrap_key(const Secret& kek, ByteView wrapped);

// PBKDF2 (RFC 8018 §5.2): `size` octets. The caller bounds the rounds.
Result<Secret> pbkdf2(HashAlg hash, const Secret& password, ByteView salt, std::uint32_t rounds, std::size_t size);

enum class RsaOaepHash : std::uint8_t { Sha1, Sha256 };   // of RSA-OAEP and RSA-OAEP-256

// An RSA key for encryption. Immutable, cheap to copy. Any thread.
class OaepKey {
 public:
  // The checks of keys for signatures (VerifyKey, SignKey). `priv` null: a key that only encrypts.
  static Result<OaepKey> from_parts(const PublicParts& pub, const PrivateParts* priv);
  Result<Bytes> encrypt(RsaOaepHash hash, const Secret& key) const;
  // BadSignature for every failure, and an encrypted key that is not as long as the modulus. OpenSSL's unpadding is
  // constant in time; callers go on with a random key rather than tell (RFC 7516 §11.5).
  Result<Secret> decrypt(RsaOaepHash hash, ByteView encrypted) const;

  struct Body;

 private:
  explicit OaepKey(std::shared_ptr<const Body> body) : body_(std::move(body)) {}
  std::shared_ptr<const Body> body_;
};

}  // namespace jeton::crypto
