// Content keys under RSA-OAEP (RFC 8017 §7.1), and AES-GCM under such a key, in the layout of XML Encryption.
#pragma once

#include <memory>
#include <string>

#include "blocks/crypto/sign.h"

namespace jeton::crypto {

// SHA-1 is here because most senders still name it: OAEP asks nothing of a hash that SHA-1 has lost.
enum class OaepHash : std::uint8_t { Sha1, Sha256, Sha384, Sha512 };

struct Oaep {
  OaepHash digest = OaepHash::Sha256;
  OaepHash mask = OaepHash::Sha256;   // of MGF1
  Bytes label;
};

// An RSA private key that opens content keys. Immutable; copies share one key. Any thread.
class UnwrapKey {
 public:
  // WeakKey: under 2048 bits, or numbers that do not fit together. Unsupported: not RSA.
  static Result<UnwrapKey> from_parts(const PublicParts& pub, const PrivateParts& priv);
  // The content key of `size` octets. Where the octets do not open, or hold a key of another size: a random key, so that what
  // comes next fails as it does for a wrong key and the sender learns nothing of why. Only faults are told.
  Result<Secret> unwrap(const Oaep& scheme, ByteView wrapped, std::size_t size) const;

  struct Body;

 private:
  explicit UnwrapKey(std::shared_ptr<const Body> body) : body_(std::move(body)) {}
  std::shared_ptr<const Body> body_;
};

Result<Bytes> wrap(const PublicParts& to, const Oaep& scheme, const Secret& content_key);

// AES-GCM under a key of 16, 24 or 32 octets: nonce (12) · ciphertext · tag (16).
Result<Bytes> seal_content(const Secret& key, ByteView plain, Entropy& entropy);
// BadSignature where it was not sealed under this key, or damaged. Nothing of the plain text leaves before the tag was checked.
Result<Secret> open_content(const Secret& key, ByteView sealed);

}  // namespace jeton::crypto
