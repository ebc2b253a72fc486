// Passwords: Argon2id (RFC 9106) by libsodium, for what is stored and for keys made of a passphrase.
#pragma once

#include <string>
#include <string_view>

#include "ground/entropy.h"
#include "ground/result.h"
#include "ground/secret.h"

namespace jeton::crypto {

inline constexpr std::size_t kMostPassword = 1024, kPasswordSalt = 16;

// What one guess costs: passes over that much memory, in one lane. OWASP's and RFC 9106's low-memory choice.
struct PasswordCost {
  std::uint32_t passes = 2;
  std::uint32_t kibibytes = 19456;
  bool operator==(const PasswordCost&) const = default;
};

// `size` octets (16 to 64) of a passphrase and a salt of kPasswordSalt octets. Invalid: sizes or a cost outside 1 to 64 passes and
// 8 MiB to 1 GiB. StoreUnavailable where the memory is not to be had. Uses that much memory while it runs. Any thread.
Result<Secret> argon2id(const Secret& password, ByteView salt, const PasswordCost& cost, std::size_t size);

// "$argon2id$v=19$m=19456,t=2,p=1$salt$hash" under a fresh salt.
Result<std::string> hash_password(const Secret& password, const PasswordCost& cost, Entropy& entropy);

// What a stored hash says of its making. Malformed where it is not one of ours.
Result<PasswordCost> cost_of(std::string_view stored);
// Whether the password is the stored one, compared in constant time. Malformed as above.
Result<bool> is_password(const Secret& password, std::string_view stored);

}  // namespace jeton::crypto
