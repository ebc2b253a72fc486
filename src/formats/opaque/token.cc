#include "formats/opaque/token.h"

#include "blocks/crypto/hash.h"
#include "ground/base62.h"
#include "ground/secret_pass.h"

namespace jeton::opaque {
namespace {

bool lower(char c) { return c >= 'a' && c <= 'z'; }
bool digit(char c) { return c >= '0' && c <= '9'; }

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
  if (brand.size() < 2 || brand.size() > 12 || !lower(brand[0]) || brand.starts_with("ey")) return false;
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
  if (text.size() < 2 + 1 + 2 + 1 + kTail || text.size() > 12 + 1 + 3 + 1 + kTail)
    return refuse(Refusal::Malformed, "not the length of a token");
  const auto head = text.substr(0, text.size() - kTail);
  const auto first = head.find('_');
  if (first == std::string_view::npos || head.back() != '_' || first == head.size() - 1)
    return refuse(Refusal::Malformed, "not the shape of a token");
  const auto brand = head.substr(0, first);
  const auto named = kind(head.substr(first + 1, head.size() - first - 2));
  if (!good_brand(brand) || !named) return refuse(Refusal::Malformed, "not the shape of a token");
  const auto tail = text.substr(text.size() - kTail);
  if (!base62::all_digits(tail)) return refuse(Refusal::Malformed, "not the shape of a token");
  const auto check = base62::read6(tail.substr(kBodySize));
  if (!check || *check != crypto::crc32(as_bytes(text.substr(0, text.size() - kCheckSize))))
    return refuse(Refusal::BadSignature, "the checksum does not fit: a typing error or a cut-off token");
  return Shape{brand, *named, tail.substr(0, kBodySize)};
}

}  // namespace jeton::opaque
