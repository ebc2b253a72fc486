// The signature algorithms, as a closed enum. Which key fits which, how long a signature is: data, in one table.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace jeton::crypto {

// RFC 7518 §3.1, RFC 8037 §3.1, RFC 8812 §3.2. There is no value for "none".
enum class SignAlg : std::uint8_t {
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
};

enum class KeyType : std::uint8_t { Okp, Ec, Rsa, Oct };
enum class Curve : std::uint8_t { None, P256, P384, P521, Secp256k1, Ed25519, X25519 };
enum class HashAlg : std::uint8_t { Sha256, Sha384, Sha512 };

struct SignAlgInfo {
  SignAlg alg;
  std::string_view name;        // the JOSE spelling, case-sensitive
  KeyType key_type;
  Curve curve;                  // None where the key type has no curve
  HashAlg hash;
  bool pss;                     // RSASSA-PSS, salt as long as the hash
  std::uint16_t signature_size; // octets; 0 where it is the RSA modulus' size
  bool on_by_default;           // ES256K is not
};

std::span<const SignAlgInfo> sign_algs();
const SignAlgInfo& info(SignAlg alg);
// Exact, case-sensitive match of the JOSE name.
std::optional<SignAlg> sign_alg(std::string_view name);

}  // namespace jeton::crypto
