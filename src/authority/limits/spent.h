// What was spent of a limit: one word each, changed by one compare-and-swap. Any thread, no lock.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

namespace jeton::limits {

// The generic cell rate algorithm (ITU-T I.371): the word is the time, in nanoseconds, at which everything taken will have been earned.
// False where `now` is too early; `wait` is then how long it is.
inline bool take_rate(std::atomic<std::uint64_t>& word, std::uint64_t now, std::uint64_t interval, std::uint64_t tolerance,
                      std::uint64_t& wait) {
  auto earned = word.load(std::memory_order_relaxed);
  for (;;) {
    // No honest word lies farther ahead: the clock was set back, or the limit was lowered.
    const auto ahead = std::min(earned, now + tolerance);
    const auto next = std::max(ahead, now) + interval;
    if (next <= now + tolerance) {
      if (word.compare_exchange_weak(earned, next, std::memory_order_relaxed)) return true;
      continue;
    }
    if (ahead != earned && !word.compare_exchange_weak(earned, ahead, std::memory_order_relaxed)) continue;
    wait = next - (now + tolerance);
    return false;
  }
}

// A quota: the number of its day or month in the upper bits, what was spent in it below. A clock that was set back earns nothing.
inline constexpr unsigned kSpentBits = 40;
inline std::uint64_t spent_in(std::uint64_t word, std::uint64_t period) {
  return word >> kSpentBits < period ? 0 : word & ((std::uint64_t(1) << kSpentBits) - 1);
}
inline bool take_quota(std::atomic<std::uint64_t>& word, std::uint64_t period, std::uint64_t most) {
  auto held = word.load(std::memory_order_relaxed);
  for (;;) {
    const auto spent = spent_in(held, period);
    if (spent >= most) return false;
    const auto next = std::max(held >> kSpentBits, period) << kSpentBits | (spent + 1);
    if (word.compare_exchange_weak(held, next, std::memory_order_relaxed)) return true;
  }
}

// Credits: what was spent since ever. False where all that was granted is.
inline bool take_credit(std::atomic<std::uint64_t>& spent, std::uint64_t granted) {
  auto held = spent.load(std::memory_order_relaxed);
  while (held < granted)
    if (spent.compare_exchange_weak(held, held + 1, std::memory_order_relaxed)) return true;
  return false;
}
inline void give_back_credit(std::atomic<std::uint64_t>& spent) { spent.fetch_sub(1, std::memory_order_relaxed); }

}  // namespace jeton::limits
