// Authenticated encryption of a message: AES-GCM and AES-CBC with HMAC (RFC 7518 §5.2, §5.3).
#pragma once

#include "blocks/crypto/envelope/algorithm.h"
#include "blocks/crypto/envelope/candidate.h"
#include "ground/bytes.h"
#include "ground/result.h"
#include "ground/secret.h"

namespace jeton::crypto {

struct Sealed {
  Bytes ciphertext, tag;
};

// `key` and `iv` have exactly the sizes of the algorithm's row. An iv is never used twice under one key: the caller draws it.
Result<Sealed> seal_content(ContentAlg alg, const Secret& key, ByteView iv, ByteView associated, ByteView plain);

// BadSignature for everything that does not fit, and for nothing more precise: a length, the tag, the padding. Nothing of the
// message leaves before the tag was checked.
Result<Secret> open_content(ContentAlg alg, const Secret& key, ByteView iv, ByteView associated, ByteView ciphertext, ByteView tag);

// AES-GCM by the key's size (16, 24 or 32), a nonce of 12 octets and a tag of 16: what A*GCM and A*GCMKW share.
Result<Sealed> seal_gcm(const Secret& key, ByteView iv, ByteView associated, ByteView plain);
// A candidate as long as the ciphertext, in one time; only faults are told.
Result<Candidate> try_open_gcm(const Secret& key, ByteView iv, ByteView associated, ByteView ciphertext, ByteView tag);
Result<Secret> open_gcm(const Secret& key, ByteView iv, ByteView associated, ByteView ciphertext, ByteView tag);

}  // namespace jeton::crypto
