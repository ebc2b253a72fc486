#include "authority/federation/starts.h"

#include <algorithm>
#include <functional>
#include <random>
#include <string>

namespace jeton::federation {

Starts::Starts() : seed_(std::random_device{}()), counters_(kCounters) {}

Seconds Starts::begin(const net::Address& from, Instant now) {
  std::string network(reinterpret_cast<const char*>(from.octets().data()), from.is_v4() ? 15 : 8);
  network.append(reinterpret_cast<const char*>(&seed_), sizeof seed_);
  const std::lock_guard lock(mutex_);
  auto& counter = counters_[std::hash<std::string>()(network) % kCounters];
  const auto passed = static_cast<double>(std::max<std::int64_t>(0, (now - counter.at).count())) / 1000;
  const double level = std::max(0.0, counter.level - passed * kStartsPerSecond);
  if (level + 1 > kStartsAtOnce) return Seconds(static_cast<std::int64_t>((level + 1 - kStartsAtOnce) / kStartsPerSecond) + 1);
  counter = {level + 1, now};
  return Seconds(0);
}

}  // namespace jeton::federation
