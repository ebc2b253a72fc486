// Argon2id (RFC 9106): a key from a passphrase, made dear to guess.
#pragma once

#include "ground/bytes.h"
#include "ground/result.h"
#include "ground/secret.h"

namespace jeton::crypto {

inline constexpr std::size_t kArgon2Salt = 16;

// What one guess costs. The standard is the second recommended choice of RFC 9106 §4, with one lane.
struct Argon2Cost {
  std::uint32_t passes = 3;
  std::uint32_t kib = 64 * 1024;
};

// `size` octets (16 to 64). Invalid where the salt is not 16 octets or the cost is outside 1 to 64 passes and 8 KiB to
// 1 GiB: bounds that hold for costs read from a file too. Fault::Crypto where the memory is not to be had.
Result<Secret> argon2id(const Secret& passphrase, ByteView salt, const Argon2Cost& cost, std::size_t size);

}  // namespace jeton::crypto
