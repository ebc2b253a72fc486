// HMAC-SHA-2 for signatures of shared secrets (RFC 7518 §3.2).
#pragma once

#include <array>

#include "blocks/crypto/algorithm.h"
#include "ground/bytes.h"
#include "ground/secret.h"

namespace jeton::crypto {

// HMAC under one key with its padded key blocks hashed once (RFC 2104 §4). Immutable; any thread; wiped when it dies.
class Hmac {
 public:
  Hmac(HashAlg hash, const Secret& key);
  Hmac(const Hmac&) = delete;
  Hmac& operator=(const Hmac&) = delete;
  ~Hmac();
  // Writes hash_size octets; returns how many.
  std::size_t operator()(ByteView message, ByteSpan out) const;

 private:
  // Room for the two hash states; the largest is SHA-512's.
  struct State {
    alignas(16) std::array<std::uint8_t, 480> octets;
  };
  HashAlg hash_;
  State state_;
};

// HMAC-SHA-1, for one-time passwords alone (RFC 4226, RFC 6238): authenticators know no other.
std::array<std::uint8_t, 20> hmac_sha1(ByteView key, ByteView message);

}  // namespace jeton::crypto
