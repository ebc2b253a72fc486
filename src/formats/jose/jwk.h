// JSON Web Keys (RFC 7517, RFC 7518 §6, RFC 8037 §2).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "blocks/crypto/sign.h"

namespace jeton::jose {

// A key as a JWK describes it: well formed, its numbers not yet proven. `verify_key` and `sign_key` prove them.
struct Jwk {
  std::string kid, use, alg;             // empty where the JWK has none
  std::vector<std::string> key_ops;
  crypto::PublicParts pub;               // of oct keys only the type
  std::optional<crypto::PrivateParts> priv;   // with `k` for oct

  bool is_private() const { return priv.has_value(); }
};

// Malformed: not a JWK, a name twice, lengths or spellings that are not canonical. Unsupported: a key type or curve that is
// not known here. Members that are not known are ignored (RFC 7517 §4).
Result<Jwk> parse_jwk(std::string_view json);

// The keys of a set, or a single JWK as a set of one. Keys of unknown types are left out (RFC 7517 §5); one that is of a known
// type and malformed refuses the set. Two keys of one kid and one type refuse it too: a kid names one key.
Result<std::vector<Jwk>> parse_jwk_set(std::string_view json);

// Whether the key may be used so: its type and curve fit, and `alg`, `use` and `key_ops`, where it has them, say so.
enum class Purpose : std::uint8_t { Sign, Verify };
Status permits(const Jwk& jwk, crypto::SignAlg alg, Purpose purpose);
// The algorithms that the key's type, curve and `alg` leave open, in the table's order; those on by default only, unless the
// key names another itself.
std::vector<crypto::SignAlg> possible_algs(const Jwk& jwk);

// Refuses what `permits` refuses, and keys that are not sound (WeakKey).
Result<crypto::VerifyKey> verify_key(const Jwk& jwk, crypto::SignAlg alg);
Result<crypto::SignKey> sign_key(const Jwk& jwk, crypto::SignAlg alg);

// Proves all that can be proven of the key, for each algorithm it may be used with: points on curves, sizes, consistency, and
// that the private half fits the public one.
Status check(const Jwk& jwk);

// RFC 7638: base64url of SHA-256 over the required members.
std::string thumbprint(const Jwk& jwk);

enum class Part : std::uint8_t { Public, Private };
// A JWK of the key: kid and alg where not empty, `use` "sig".
std::string to_json(const crypto::SignKey& key, std::string_view kid, Part part);
Jwk to_jwk(const crypto::SignKey& key, std::string_view kid);

std::string_view curve_name(crypto::Curve curve);

}  // namespace jeton::jose
