// Opaque tokens: <brand>_<kind>_<body><check> (docs/formats/opaque-token.md).
#pragma once

#include "formats/opaque/kind.h"
#include "ground/entropy.h"
#include "ground/result.h"
#include "ground/secret.h"

namespace jeton::opaque {

inline constexpr std::size_t kBodySize = 32, kCheckSize = 6;
inline constexpr std::size_t kShortest = 2 + 1 + 2 + 1 + kBodySize + kCheckSize, kLongest = 12 + 1 + 3 + 1 + kBodySize + kCheckSize;

// What a token's text says of itself. Views into the text. Nothing is believed of it but its spelling.
struct Shape {
  std::string_view brand;
  Kind kind = Kind::Pat;
  std::string_view body;
  // The last four characters of the body: enough to tell tokens apart in a list, no help in guessing one.
  std::string_view hint() const { return body.substr(kBodySize - 4); }
};

// [a-z][a-z0-9]{1,11}, and not "ey": JSON Web Tokens begin so.
bool good_brand(std::string_view brand);

// A new token: 190 bits of the entropy's randomness. Invalid where the brand is not good.
Result<Secret> make(std::string_view brand, Kind kind, Entropy& entropy);

// Malformed where the shape is not exactly this; BadSignature where the checksum does not fit. Allocates nothing.
Result<Shape> parse(std::string_view text);

}  // namespace jeton::opaque
