#include "blocks/crypto/envelope/candidate.h"

#include "blocks/crypto/hash.h"
#include "ground/secret_pass.h"

namespace jeton::crypto {

std::uint8_t same_mask(ByteView a, ByteView b) {
  std::uint32_t difference = 0;
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) {
    difference |= static_cast<std::uint32_t>(a[i] ^ b[i]);
    asm volatile("" : "+r"(difference));
  }
  difference |= static_cast<std::uint32_t>(a.size() != b.size());
  // Nothing but zero leaves the upper bits set when one is taken from it.
  return static_cast<std::uint8_t>((difference - 1) >> 24);
}

Secret chosen(const Candidate& candidate, const Secret& otherwise) {
  Secret out(otherwise.size());
  const auto a = candidate.key.read(Pass::key()), b = otherwise.read(Pass::key());
  const auto to = out.write(Pass::key());
  std::uint8_t mask = candidate.good;
  for (std::size_t i = 0; i < to.size() && i < a.size(); ++i) {
    asm volatile("" : "+r"(mask));
    to[i] = static_cast<std::uint8_t>((a[i] & mask) | (b[i] & ~mask));
  }
  return out;
}

}  // namespace jeton::crypto
