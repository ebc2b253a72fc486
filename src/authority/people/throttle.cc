#include "authority/people/throttle.h"

#include <algorithm>
#include <functional>
#include <random>
#include <string>

namespace jeton::people {
namespace {

// So many failures at once, then one more every so many seconds.
constexpr double kAccountBurst = 10, kAccountPerSecond = 1.0 / 20;
constexpr double kNetworkBurst = 100, kNetworkPerSecond = 1.0 / 2;
constexpr double kEverywhereBurst = 100, kEverywherePerSecond = 1.0 / 36;

// A network is what one guesser can have many addresses of: a /24, a /64.
std::string network(const net::Address& address) {
  return std::string(reinterpret_cast<const char*>(address.octets().data()), address.is_v4() ? 15 : 8);
}

Millis until(double level, double burst, double per_second) {
  return level + 1 <= burst ? Millis(0) : Millis(static_cast<std::int64_t>((level + 1 - burst) / per_second * 1000) + 1);
}

}  // namespace

Throttle::Throttle() : seed_(std::random_device{}()), counters_(kCounters) {}

std::size_t Throttle::place(std::string_view what, const net::Address& from) const {
  std::string key(what);
  key.append(1, '\0').append(network(from)).append(reinterpret_cast<const char*>(&seed_), sizeof seed_);
  return std::hash<std::string>()(key) % kCounters;
}

double Throttle::level(const Counter& c, double per_second, Instant now) const {
  const auto passed = static_cast<double>(std::max<std::int64_t>(0, (now - c.at).count())) / 1000;
  return std::max(0.0, c.level - passed * per_second);
}

Millis Throttle::wait_for(std::string_view account, const net::Address& from, Instant now, Reach reach) const {
  const auto here = until(level(counters_[place(account, from)], kAccountPerSecond, now), kAccountBurst, kAccountPerSecond);
  const auto net = until(level(counters_[place("\1", from)], kNetworkPerSecond, now), kNetworkBurst, kNetworkPerSecond);
  // Guessed at from everywhere: only networks that failed themselves wait for it, so that the person may still come in.
  const bool failed_here = reach == Reach::Everywhere || level(counters_[place(account, from)], kAccountPerSecond, now) > 0.5;
  const auto everywhere = until(level(counters_[place(account, {})], kEverywherePerSecond, now), kEverywhereBurst, kEverywherePerSecond);
  return std::max({here, net, failed_here ? everywhere : Millis(0)});
}

Millis Throttle::wait(std::string_view account, const net::Address& from, Instant now) const {
  const std::lock_guard lock(mutex_);
  return wait_for(account, from, now, Reach::Own);
}

void Throttle::count(std::string_view account, const net::Address& from, Instant now, double more) {
  const auto add = [&](std::size_t at, double per_second) {
    counters_[at] = {std::max(0.0, level(counters_[at], per_second, now) + more), now};
  };
  add(place(account, from), kAccountPerSecond);
  add(place("\1", from), kNetworkPerSecond);
  add(place(account, {}), kEverywherePerSecond);
}

bool Throttle::enter(std::string_view account, const net::Address& from, Instant now, Reach reach) {
  const std::lock_guard lock(mutex_);
  if (wait_for(account, from, now, reach) > Millis(0)) return false;
  count(account, from, now, 1);
  return true;
}

void Throttle::passed(std::string_view account, const net::Address& from, Instant now) {
  const std::lock_guard lock(mutex_);
  count(account, from, now, -1);
}

bool Throttle::take(std::string_view what, const net::Address& from, const Pace& pace, Instant now) {
  const std::lock_guard lock(mutex_);
  auto& counter = counters_[place(what, from)];
  const auto at = level(counter, pace.per_second, now);
  if (at + 1 > pace.burst) return false;
  counter = {at + 1, now};
  return true;
}

void Throttle::proved(std::string_view account, const net::Address& from) {
  const std::lock_guard lock(mutex_);
  counters_[place(account, from)] = {};
}

}  // namespace jeton::people
