// Hashes and MACs by OpenSSL, fetched once, with contexts per thread.
#pragma once

#include <array>

#include "blocks/crypto/algorithm.h"
#include "ground/bytes.h"
#include "ground/result.h"
#include "ground/secret.h"

namespace jeton::crypto {

using Sha256Digest = std::array<std::uint8_t, 32>;

Sha256Digest sha256(ByteView message);
// Writes 32, 48 or 64 octets; returns how many.
std::size_t hash_into(HashAlg alg, ByteView message, ByteSpan out);
std::size_t hash_size(HashAlg alg);

// HMAC-SHA-256 under one key, its padded key blocks hashed once (RFC 2104 §4): two compressions for a short
// message. Immutable after construction; any thread; wiped when it dies.
class HmacSha256 {
 public:
  explicit HmacSha256(const Secret& key);
  HmacSha256(HmacSha256&&) noexcept;
  HmacSha256& operator=(HmacSha256&&) noexcept;
  ~HmacSha256();
  Sha256Digest operator()(ByteView message) const;

 private:
  struct State {
    alignas(64) std::array<std::uint8_t, 256> octets;
  };
  State state_;
};

// HKDF-SHA-256 (RFC 5869): `size` octets, at most 8160.
Result<Secret> hkdf_sha256(const Secret& key, ByteView salt, std::string_view info, std::size_t size);

// CRC-32 (IEEE 802.3, as zlib). A checksum, not a MAC.
std::uint32_t crc32(ByteView bytes);

}  // namespace jeton::crypto
