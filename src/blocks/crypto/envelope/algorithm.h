// The encryption algorithms of JWE, as closed enums with one table each: what a key must be, how long everything is.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace jeton::crypto {

// How a message is encrypted (RFC 7518 §5.1).
enum class ContentAlg : std::uint8_t { A128CbcHs256, A192CbcHs384, A256CbcHs512, A128Gcm, A192Gcm, A256Gcm };

struct ContentAlgInfo {
  ContentAlg alg;
  std::string_view name;   // the JOSE spelling, case-sensitive
  std::uint8_t key_size, iv_size, tag_size;   // octets, exact
};

// How the message's key reaches its reader (RFC 7518 §4.1). There is no value for RSA1_5.
enum class KeyAlg : std::uint8_t {
  Dir,
  A128Kw,
  A192Kw,
  A256Kw,
  A128GcmKw,
  A192GcmKw,
  A256GcmKw,
  RsaOaep,
  RsaOaep256,
  EcdhEs,
  EcdhEsA128Kw,
  EcdhEsA192Kw,
  EcdhEsA256Kw,
  Pbes2Hs256A128Kw,
  Pbes2Hs384A192Kw,
  Pbes2Hs512A256Kw,
};

enum class KeyMode : std::uint8_t { Direct, Wrap, GcmWrap, Oaep, Agree, AgreeWrap, Password };

struct KeyAlgInfo {
  KeyAlg alg;
  std::string_view name;
  KeyMode mode;
  std::uint8_t kek_size;   // octets of the key that wraps; 0 where none does
  bool on_by_default;      // PBES2 is not
};

std::span<const ContentAlgInfo> content_algs();
std::span<const KeyAlgInfo> key_algs();
const ContentAlgInfo& info(ContentAlg alg);
const KeyAlgInfo& info(KeyAlg alg);
// Exact, case-sensitive matches of the JOSE names.
std::optional<ContentAlg> content_alg(std::string_view name);
std::optional<KeyAlg> key_alg(std::string_view name);

}  // namespace jeton::crypto
