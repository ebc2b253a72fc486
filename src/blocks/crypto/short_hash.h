// A fast keyed hash for tables in memory (SipHash-2-4): nobody outside can choose where a name falls. No MAC.
#pragma once

#include <array>
#include <cstdint>

#include "ground/bytes.h"

namespace jeton::crypto {

// Its key is drawn when it is made. Any thread.
class ShortHash {
 public:
  ShortHash();
  std::uint64_t operator()(ByteView octets) const;

 private:
  std::array<std::uint8_t, 16> key_;
};

}  // namespace jeton::crypto
