// Tests the algorithms against what others published, and takes those that fail out of service.
#pragma once

#include <chrono>
#include <vector>

#include "blocks/crypto/service.h"

namespace jeton::crypto::selftest {

struct Outcome {
  Tested what;
  bool passed = false;
  std::string_view source;          // where its answers were published
  std::chrono::microseconds took{0};
};

// Tests one algorithm; where it fails it is out of service when this returns, and stays so until the process ends. Any thread.
Outcome run(Tested what);
// All of them, hashes first. Under 150 ms.
std::vector<Outcome> run_all();

// Comparing 16 KiB takes as long where the first octet differs as where the last one does: the least of many measurements of each
// are within a factor of two. A smoke test: it sees a comparison that leaves early, not a subtle leak.
struct Comparison {
  double ratio = 1;
  bool constant() const { return ratio > 0.5 && ratio < 2; }
};
Comparison compare_times();

}  // namespace jeton::crypto::selftest
