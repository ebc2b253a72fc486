#include "ground/base62.h"

namespace jeton::base62 {

void write6(std::uint32_t value, char* out) {
  for (int i = 5; i >= 0; --i) {
    out[i] = kAlphabet[value % 62];
    value /= 62;
  }
}

}  // namespace jeton::base62
