// Diffie-Hellman on curves, and the key it gives (RFC 7518 §4.6, RFC 8037 §3.2).
#pragma once

#include "blocks/crypto/sign.h"

namespace jeton::crypto {

// A private key for ECDH on P-256, P-384, P-521 or X25519. Immutable, cheap to copy. Any thread.
class AgreeKey {
 public:
  // WeakKey: not such a curve, not on it, or a private half that is not the public one's.
  static Result<AgreeKey> from_parts(const PublicParts& pub, const PrivateParts& priv);
  static Result<AgreeKey> generate(Curve curve);
  const PublicParts& public_parts() const;
  PrivateParts private_parts() const;
  // The shared secret: the x coordinate at full length. WeakKey: the peer's key is of another curve, off it, or of small order.
  Result<Secret> agree(const PublicParts& peer) const;

  struct Body;

 private:
  explicit AgreeKey(std::shared_ptr<const Body> body) : body_(std::move(body)) {}
  std::shared_ptr<const Body> body_;
};

// Whether it is the public half of a key that may agree: right lengths, on its curve.
Status check_agreement_public(const PublicParts& pub);

// Concat KDF with SHA-256 (NIST SP 800-56A §5.8.1 as RFC 7518 §4.6.2 fills it): `size` octets.
Result<Secret> concat_kdf(const Secret& shared, std::string_view algorithm, ByteView party_u, ByteView party_v, std::size_t size);

}  // namespace jeton::crypto
