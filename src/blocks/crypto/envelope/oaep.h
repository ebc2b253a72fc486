// Content keys under RSA-OAEP (RFC 8017 §7.1).
#pragma once

#include "blocks/crypto/sign.h"

namespace jeton::crypto {

// SHA-1 is here because most senders still name it: OAEP asks nothing of a hash that SHA-1 has lost.
enum class OaepHash : std::uint8_t { Sha1, Sha256, Sha384, Sha512 };

struct Oaep {
  OaepHash digest = OaepHash::Sha256;
  OaepHash mask = OaepHash::Sha256;  // of MGF1
  Bytes label;
};

// An RSA public key that content keys are wrapped to. Immutable; copies share one key. Any thread.
class WrapKey {
 public:
  // WeakKey: under 2048 bits, an exponent that is not sound. Unsupported: not RSA.
  static Result<WrapKey> from_public(const PublicParts& pub);
  Result<Bytes> wrap(const Oaep& scheme, const Secret& content_key) const;

  struct Body;

 private:
  explicit WrapKey(std::shared_ptr<const Body> body) : body_(std::move(body)) {}
  std::shared_ptr<const Body> body_;
};

// An RSA private key that opens content keys. Immutable; copies share one key. Any thread.
class UnwrapKey {
 public:
  // WeakKey: under 2048 bits, or numbers that do not fit together. Unsupported: not RSA.
  static Result<UnwrapKey> from_parts(const PublicParts& pub, const PrivateParts& priv);
  // The content key of `size` octets. Where the octets do not open, or hold a key of another size: a random
  // key, so that what comes next fails as it does for a wrong key and the sender learns nothing of why (RFC
  // 7516 §11.5). Only faults are told.
  Result<Secret> unwrap(const Oaep& scheme, ByteView wrapped, std::size_t size) const;

  struct Body;

 private:
  explicit UnwrapKey(std::shared_ptr<const Body> body) : body_(std::move(body)) {}
  std::shared_ptr<const Body> body_;
};

}  // namespace jeton::crypto
