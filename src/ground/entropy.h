// The one source of randomness, as an interface so that tests may replay it.
#pragma once

#include "ground/bytes.h"
#include "ground/result.h"

namespace jeton {

class Entropy {
 public:
  virtual ~Entropy() = default;
  // Fills `out`, or fails with Fault::NoEntropy and leaves it zeroed. Any thread.
  virtual Status fill(ByteSpan out) = 0;
};

}  // namespace jeton
