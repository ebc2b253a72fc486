// Counters for Prometheus: bumped without a lock, gathered when somebody asks.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace jeton::metrics {

// One value of a family with one label.
struct Sample {
  std::string family, help, label, value_of_label;
  double value = 0;
};

struct Gauges {
  std::size_t tokens_held = 0, connections = 0, requests_waiting = 0;
  std::uint64_t feed_seq = 0, dropped_uses = 0;
  bool tokens_loaded = false;
  std::uint64_t cache_hits = 0, cache_misses = 0;   // of JWTs that were verified before
  std::size_t cached_jwts = 0;
  std::vector<Sample> samples = {};   // of any order
};

// Any thread.
class Metrics {
 public:
  void request(int status, bool verdict, std::chrono::nanoseconds took);
  // The Prometheus text form (version 0.0.4).
  std::string text(const Gauges& gauges) const;

 private:
  // A lane for each of the first threads, and the last one for all others.
  struct alignas(64) Lane {
    std::array<std::atomic<std::uint64_t>, 6> by_class{};      // of other requests, by the status' first digit
    std::array<std::atomic<std::uint64_t>, 6> verdicts{};      // of /verify
    std::array<std::atomic<std::uint64_t>, 12> took{};         // by powers of four, from 4 µs
    std::atomic<std::uint64_t> nanoseconds{0};
  };
  static constexpr std::size_t kLanes = 32;
  std::array<Lane, kLanes> lanes_;
};

}  // namespace jeton::metrics
