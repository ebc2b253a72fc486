// Keys that protect keys: AES key wrap, and keys from passwords (RFC 7518 §4).
#pragma once

#include "blocks/crypto/algorithm.h"
#include "blocks/crypto/envelope/candidate.h"
#include "ground/bytes.h"
#include "ground/result.h"

namespace jeton::crypto {

// AES key wrap (RFC 3394): the wrapping key has 16, 24 or 32 octets, the wrapped one a multiple of 8, from 16.
Result<Bytes> wrap_key(const Secret& kek, const Secret& key);
// A key of `size` octets, or none, in one time. Only faults are told.
Result<Candidate> try_unwrap_key(const Secret& kek, ByteView wrapped, std::size_t size);
// BadSignature where it does not unwrap.
Result<Secret> unwrap_key(const Secret& kek, ByteView wrapped);

// PBKDF2 (RFC 8018 §5.2): `size` octets. The caller bounds the rounds.
Result<Secret> pbkdf2(HashAlg hash, const Secret& password, ByteView salt, std::uint32_t rounds, std::size_t size);

}  // namespace jeton::crypto
