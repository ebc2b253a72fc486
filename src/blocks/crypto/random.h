// The system's randomness, pooled per thread and wiped as it is used.
#pragma once

#include "ground/entropy.h"

namespace jeton::crypto {

// OpenSSL's generator behind a small per-thread pool (safe over fork). Any thread.
class SystemEntropy final : public Entropy {
 public:
  Status fill(ByteSpan out) override;
};

}  // namespace jeton::crypto
