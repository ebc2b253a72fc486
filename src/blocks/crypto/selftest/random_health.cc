#include "blocks/crypto/selftest/random_health.h"

namespace jeton::crypto {

bool RandomHealth::take(ByteView octets) {
  for (const auto octet : octets) {
    repeated_ = repeated_ != 0 && octet == last_ ? repeated_ + 1 : 1;
    last_ = octet;
    if (repeated_ >= kRepetitions) sound_ = false;
    if (in_window_ == 0) {
      first_ = octet;
      equal_ = 0;
    }
    if (octet == first_ && ++equal_ >= kProportion) sound_ = false;
    if (++in_window_ == kWindow) in_window_ = 0;
  }
  return sound_;
}

}  // namespace jeton::crypto
