// AES-256-GCM for what rests on disk.
#pragma once

#include "ground/bytes.h"
#include "ground/entropy.h"
#include "ground/result.h"
#include "ground/secret.h"

namespace jeton::crypto {

// Seals under a random 96-bit nonce: nonce (12) · ciphertext · tag (16). The key is 32 octets.
Result<Bytes> seal(const Secret& key, ByteView associated, ByteView plain, Entropy& entropy);
// BadSignature where key, associated data or octets are not the ones that were sealed; nothing of the plain text
// leaves before the tag was checked.
Result<Secret> open(const Secret& key, ByteView associated, ByteView sealed);

}  // namespace jeton::crypto
