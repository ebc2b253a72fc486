// How often a network may begin a login elsewhere: each one leaves a row behind until it is answered or forgotten.
#pragma once

#include <mutex>
#include <vector>

#include "blocks/net/address.h"
#include "ground/instant.h"

namespace jeton::federation {

// So many at once from one network (a /24, a /64), then two more a second: an office at nine in the morning, and no flood.
inline constexpr double kStartsAtOnce = 200, kStartsPerSecond = 2;

// Counts leak away with time. Bounded memory: two networks may share a counter, never grow one. Any thread.
class Starts {
 public:
  Starts();
  // Counts one and answers nothing; or, where it is one too many, after how long to come again.
  Seconds begin(const net::Address& from, Instant now);

 private:
  struct Counter {
    double level = 0;
    Instant at;
  };
  static constexpr std::size_t kCounters = 1 << 12;
  std::uint64_t seed_;
  std::mutex mutex_;
  std::vector<Counter> counters_;
};

}  // namespace jeton::federation
