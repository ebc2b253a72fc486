#include "blocks/crypto/short_hash.h"

#include <sodium.h>

#include <cstring>

namespace jeton::crypto {

static_assert(crypto_shorthash_KEYBYTES == 16 && crypto_shorthash_BYTES == 8);

ShortHash::ShortHash() { randombytes_buf(key_.data(), key_.size()); }

std::uint64_t ShortHash::operator()(ByteView octets) const {
  std::uint8_t out[crypto_shorthash_BYTES];
  crypto_shorthash(out, octets.data(), octets.size(), key_.data());
  std::uint64_t word;
  std::memcpy(&word, out, sizeof word);
  return word;
}

}  // namespace jeton::crypto
