// A key that may be none: whoever goes on with it does the same work either way, and nobody learns by the time which it was.
#pragma once

#include <cstdint>

#include "ground/secret.h"

namespace jeton::crypto {

struct Candidate {
  Secret key;
  std::uint8_t good = 0;   // 0xff where it is the key, 0 where its octets mean nothing
};

// 0xff where both hold the same octets, else 0; without a branch.
std::uint8_t same_mask(ByteView a, ByteView b);
// The candidate where it is good, else the other, octet by octet without a branch. Both have the same size.
Secret chosen(const Candidate& candidate, const Secret& otherwise);

}  // namespace jeton::crypto
