// A PKCS#11 token: keys that are used and never seen.
#pragma once

#include <memory>

#include "blocks/crypto/pkcs11/uri.h"
#include "blocks/crypto/sign.h"
#include "ground/entropy.h"
#include "ground/secret.h"

namespace jeton::crypto::pkcs11 {

// One key of a token, with a session that is logged in. Any thread: calls follow one another. Config says what is wrong and what to
// do; a session that the token dropped is opened anew once.
class TokenKey {
 public:
  // The PIN is read from the URI's pin-source, and kept to log in again.
  enum class Class : std::uint8_t { Secret, Private };
  static Result<std::shared_ptr<const TokenKey>> open(const Uri& uri, Class key_class, Secret pin);
  ~TokenKey();
  TokenKey(const TokenKey&) = delete;
  TokenKey& operator=(const TokenKey&) = delete;

  // AES-GCM within the token: nonce (12) · cipher text · tag (16), as crypto::seal.
  Result<Bytes> seal(ByteView associated, ByteView plain, Entropy& entropy) const;
  Result<jeton::Secret> open_sealed(ByteView associated, ByteView sealed) const;
  // One block of AES-ECB: to tell one key from another.
  Result<Bytes> block(ByteView sixteen) const;
  // Signs as the JOSE algorithm has it; exactly `signature.size()` octets.
  Status sign(SignAlg alg, ByteView message, ByteSpan signature) const;
  // The public half of a private key, from the public key object beside it or from the private one's own attributes.
  Result<PublicParts> public_parts() const;
  // A key of this program that signs there.
  static Result<SignKey> signing_key(std::shared_ptr<const TokenKey> key, SignAlg alg);

 private:
  struct Body;
  explicit TokenKey(std::unique_ptr<Body> body);
  std::unique_ptr<Body> body_;
};

}  // namespace jeton::crypto::pkcs11
