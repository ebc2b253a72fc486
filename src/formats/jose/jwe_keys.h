// What keys of JWE are made of, and how a message's key is recovered or protected. For the files of this room.
#pragma once

#include <optional>

#include "blocks/crypto/envelope/agreement.h"
#include "blocks/crypto/envelope/content.h"
#include "blocks/crypto/envelope/oaep.h"
#include "formats/jose/jwe.h"

namespace jeton::jose {

struct DecryptKey::Body {
  crypto::KeyAlg alg;
  std::optional<crypto::ContentAlg> content;   // the one that a key for dir names as its own
  Secret secret;
  std::optional<crypto::UnwrapKey> rsa;
  std::optional<crypto::AgreeKey> curve;
};

struct EncryptKey::Body {
  crypto::KeyAlg alg;
  std::optional<crypto::ContentAlg> content;
  Secret secret;
  std::optional<crypto::WrapKey> rsa;
  crypto::PublicParts curve;
};

// The message's key, or a random one of its size where it does not unwrap.
Result<Secret> recover_key(const DecryptKey::Body& key, const Header& header, ByteView encrypted_key, crypto::ContentAlg enc);

// A fresh message key, how it travels, and the header members that say so (",\"epk\":…" or empty).
struct ProtectedKey {
  Secret key;
  Bytes encrypted;
  std::string members;
};
Result<ProtectedKey> protect_key(const EncryptKey::Body& key, crypto::ContentAlg enc, Entropy& entropy);

}  // namespace jeton::jose
