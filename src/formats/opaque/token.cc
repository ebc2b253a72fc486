#include "formats/opaque/token.h"

#include "blocks/crypto/hash.h"
#include "ground/base62.h"
#include "ground/secret_pass.h"

namespace jeton::opaque {
namespace {

bool lower(char c) { return c >= 'a' && c <= 'z'; }
bool digit(char c) { return c >= '0' && c <= '9'; }

// Of a brand all but that its characters are lower case letters and digits.
bool brand_begins_well(std::string_view brand) {
  return brand.size() >= 2 && brand.size() <= 12 && lower(brand[0]) && !(brand[0] == 'e' && brand[1] == 'y');
}

// Uniform over 62 characters: octets from 248 on would favour the first eight.
Status fill_body(char* out, Entropy& entropy) {
  std::uint8_t pool[64];
  std::size_t made = 0;
  while (made < kBodySize) {
    TRY_VOID(entropy.fill(pool));
    for (std::size_t i = 0; i < sizeof pool && made < kBodySize; ++i)
      if (pool[i] < 248) out[made++] = base62::kAlphabet[pool[i] % 62];
  }
  wipe(pool);
  return {};
}

}  // namespace

bool good_brand(std::string_view brand) {
  if (!brand_begins_well(brand)) return false;
  for (const char c : brand)
    if (!lower(c) && !digit(c)) return false;
  return true;
}

Result<Secret> make(std::string_view brand, Kind kind, Entropy& entropy) {
  if (!good_brand(brand)) return refuse(Refusal::Invalid, "a brand is 2 to 12 of a-z and 0-9, beginning with a letter");
  const auto kind_name = name(kind);
  Secret token(brand.size() + 1 + kind_name.size() + 1 + kBodySize + kCheckSize);
  auto* at = reinterpret_cast<char*>(token.write(Pass::key()).data());
  const char* const start = at;
  for (const auto part : {brand, kind_name}) {
    at += part.copy(at, part.size());
    *at++ = '_';
  }
  TRY_VOID(fill_body(at, entropy));
  at += kBodySize;
  base62::write6(crypto::crc32(as_bytes({start, static_cast<std::size_t>(at - start)})), at);
  return token;
}

Result<Shape> parse(std::string_view text) {
  constexpr std::size_t kTail = kBodySize + kCheckSize;
  if (text.size() < kShortest || text.size() > kLongest) return refuse(Refusal::Malformed, "not the length of a token");
  const auto wrong_shape = refuse(Refusal::Malformed, "not the shape of a token");
  const std::string_view head(text.data(), text.size() - kTail), tail(text.data() + head.size(), kTail);
  std::size_t first = 0;
  while (lower(head[first]) || digit(head[first]))
    if (++first == head.size()) return wrong_shape;
  if (head[first] != '_' || head.back() != '_' || first + 1 == head.size()) return wrong_shape;
  const std::string_view brand(head.data(), first), named(head.data() + first + 1, head.size() - first - 2);
  const auto its_kind = kind(named);
  if (!brand_begins_well(brand) || !its_kind || !base62::all_digits(tail)) return wrong_shape;
  const auto check = base62::read6({tail.data() + kBodySize, kCheckSize});
  if (!check || *check != crypto::crc32(as_bytes({text.data(), text.size() - kCheckSize})))
    return refuse(Refusal::BadSignature, "the checksum does not fit: a typing error or a cut-off token");
  return Shape{brand, *its_kind, {tail.data(), kBodySize}};
}

}  // namespace jeton::opaque
