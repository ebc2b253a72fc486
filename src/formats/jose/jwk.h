// JSON Web Keys (RFC 7517, RFC 7518 §6, RFC 8037 §2).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "blocks/crypto/envelope/algorithm.h"
#include "blocks/crypto/sign.h"
#include "formats/jose/header.h"

namespace jeton::jose {

// A key as a JWK describes it: well formed, its numbers not yet proven. `verify_key`, `sign_key` and the keys of jwe.h prove
// them.
struct Jwk {
  std::string kid, use, alg;             // empty where the JWK has none
  std::vector<std::string> key_ops;
  crypto::PublicParts pub;               // of oct keys only the type
  std::optional<crypto::PrivateParts> priv;   // with `k` for oct
  std::vector<Bytes> x5c;                // certificates in DER, the key's own first; read, held against the key, trusted in nothing
  Bytes x5t_s256;

  bool is_private() const { return priv.has_value(); }
};

// Malformed: not a JWK, a name twice, lengths or spellings that are not canonical. Unsupported: a key type or curve that is
// not known here. Members that are not known are ignored (RFC 7517 §4).
Result<Jwk> parse_jwk(std::string_view json);

// Keys of which a header names one.
struct JwkSet {
  std::vector<Jwk> keys;
  bool alone = false;      // one JWK that stood for itself, not in a set
  std::size_t left_out = 0;   // keys of types that are not known here

  std::size_t size() const { return keys.size(); }
};

// The keys of a set, or a single JWK. Keys of unknown types are left out (RFC 7517 §5); one that is of a known type and
// malformed refuses the set. Two keys of one kid and one type refuse it too: a kid names one key.
Result<JwkSet> parse_jwk_set(std::string_view json);

// The one key that the header means: the one of its kid; where it has none, the only one that fits its alg. Keys are never tried in turn.
// UnknownKey: none, or more than one. A key that stands alone and has no kid is meant by every header.
using Fits = bool (*)(const Jwk& key, const Header& header);
Result<const Jwk*> choose(const JwkSet& set, const Header& header, Fits fits);
// Whether the key may verify, or decrypt, by the header's alg.
bool fits_signature(const Jwk& key, const Header& header);
bool fits_encryption(const Jwk& key, const Header& header);

// Whether the key may be used so: its type, curve and size fit, and `alg`, `use` and `key_ops`, where it has them, say so.
enum class Purpose : std::uint8_t { Sign, Verify };
Status permits(const Jwk& jwk, crypto::SignAlg alg, Purpose purpose);
enum class Direction : std::uint8_t { Encrypt, Decrypt };
Status permits(const Jwk& jwk, crypto::KeyAlg alg, Direction direction);
// The algorithms that the key's type, curve and `alg` leave open, in the table's order; those on by default only, unless the
// key names another itself.
std::vector<crypto::SignAlg> possible_algs(const Jwk& jwk);
std::vector<crypto::KeyAlg> possible_key_algs(const Jwk& jwk);

// Refuses what `permits` refuses, and keys that are not sound (WeakKey).
Result<crypto::VerifyKey> verify_key(const Jwk& jwk, crypto::SignAlg alg);
Result<crypto::SignKey> sign_key(const Jwk& jwk, crypto::SignAlg alg);

// Proves all that can be proven of the key: what it says of its use is not contradictory and fits its type; points on curves,
// sizes, primes, consistency; that the private half fits the public one, and its certificate too.
Status check(const Jwk& jwk);
// The same, and that it may be used with the algorithm of that JOSE name.
Status check(const Jwk& jwk, std::string_view alg);

// RFC 7638: base64url of SHA-256 over the required members.
std::string thumbprint(const Jwk& jwk);
// RFC 9278: urn:ietf:params:oauth:jwk-thumbprint:sha-256:…
std::string thumbprint_uri(const Jwk& jwk);

enum class Part : std::uint8_t { Public, Private };
// A JWK of the key: kid and alg where not empty, `use` "sig".
std::string to_json(const crypto::SignKey& key, std::string_view kid, Part part);
// All that the JWK has. Its public part, if it has none, is empty (oct).
Result<std::string> to_json(const Jwk& jwk, Part part);
Jwk to_jwk(const crypto::SignKey& key, std::string_view kid);

std::string_view curve_name(crypto::Curve curve);
std::optional<crypto::Curve> curve_named(std::string_view name);

}  // namespace jeton::jose
