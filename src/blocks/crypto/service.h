// Which algorithms are in service: one that failed its self-test is taken out at once.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "blocks/crypto/algorithm.h"
#include "ground/result.h"

namespace jeton::crypto {

// Everything that is tested by itself and can be out of service alone. The signature algorithms come first, in SignAlg's order.
enum class Tested : std::uint8_t {
  EdDSA,
  ES256,
  ES384,
  ES512,
  ES256K,
  PS256,
  PS384,
  PS512,
  RS256,
  RS384,
  RS512,
  HS256,
  HS384,
  HS512,
  Sha256,
  Sha384,
  Sha512,
  TokenHmac,
  Hkdf,
  SealGcm,
  ContentGcm,
  ContentCbc,
  KeyWrap,
  RsaOaep,
  Agreement,
  ConcatKdf,
  Pbkdf2,
  Argon2id,
  Random,
};

constexpr Tested tested(SignAlg alg) { return static_cast<Tested>(alg); }
std::span<const Tested> all_tested();
// "ES256", "SHA-256", "AES-256-GCM (at rest)".
std::string_view name(Tested what);
std::optional<Tested> tested_named(std::string_view name);

// One relaxed load. Any thread.
bool in_service(Tested what);
inline bool in_service(SignAlg alg) { return in_service(tested(alg)); }
// Fault::SelfTest where it is out.
Status needs(Tested what);
// Any thread. An algorithm that is out neither makes nor checks anything (Fault::SelfTest).
void take_out_of_service(Tested what);
inline void take_out_of_service(SignAlg alg) { take_out_of_service(tested(alg)); }
void put_in_service(Tested what);
inline void put_in_service(SignAlg alg) { put_in_service(tested(alg)); }

}  // namespace jeton::crypto
