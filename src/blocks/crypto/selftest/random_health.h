// The continuous health tests of NIST SP 800-90B §4.4 on what the random source delivers.
#pragma once

#include <array>
#include <cstdint>

#include "ground/bytes.h"

namespace jeton::crypto {

// Octets are the samples, at full entropy (H = 8); a sound source fails with probability 2^-60 a window. One thread at a time.
class RandomHealth {
 public:
  // §4.4.1 repetition count: as many equal octets in a row mean a stuck source. 1 + ceil(60 / H).
  static constexpr unsigned kRepetitions = 9;
  // §4.4.2 adaptive proportion: as many of the window's octets equal its first one. The least C with P(B(511, 1/256) + 1 ≥ C) ≤ 2^-60.
  static constexpr unsigned kWindow = 512, kProportion = 26;

  // False once a test has failed; it stays so.
  bool take(ByteView octets);
  bool sound() const { return sound_; }

 private:
  bool sound_ = true;
  unsigned repeated_ = 0, in_window_ = 0, equal_ = 0;
  std::uint8_t last_ = 0, first_ = 0;
};

}  // namespace jeton::crypto
