// Slows guessing: failures are counted by account and network, and by network alone.
#pragma once

#include <array>
#include <mutex>
#include <string_view>
#include <vector>

#include "blocks/net/address.h"
#include "ground/instant.h"

namespace jeton::people {

// Failures leak away with time, so nobody is locked out: not the person whose account is guessed at from elsewhere, and not the
// guesser for ever. Bounded memory: two accounts may share a counter, never grow one. Any thread.
class Throttle {
 public:
  Throttle();
  // Whether another try may be made now; where not, after how long.
  Millis wait(std::string_view account, const net::Address& from, Instant now) const;
  // Whom a flood from elsewhere keeps waiting: nobody who did not fail himself, or everybody, where only the person and a thief come so far.
  enum class Reach : std::uint8_t { Own, Everywhere };
  // Counts a try as failed before what it shows is looked at: of any number at once, no more are let through than one after another. False
  // where none may be made now; it is not counted then.
  bool enter(std::string_view account, const net::Address& from, Instant now, Reach reach = Reach::Own);
  // That try was a good one: it is counted no longer.
  void passed(std::string_view account, const net::Address& from, Instant now);
  // So many at once, then one more every so many seconds.
  struct Pace {
    double burst, per_second;
  };
  // Counts one of what may be done so often from there, where it may be done now.
  bool take(std::string_view what, const net::Address& from, const Pace& pace, Instant now);
  // The person proved it: what was counted against this account from there is forgotten.
  void proved(std::string_view account, const net::Address& from);

 private:
  struct Counter {
    double level = 0;
    Instant at;
  };
  static constexpr std::size_t kCounters = 1 << 14;
  double level(const Counter& counter, double per_second, Instant now) const;
  Millis wait_for(std::string_view account, const net::Address& from, Instant now, Reach reach) const;
  void count(std::string_view account, const net::Address& from, Instant now, double more);
  std::size_t place(std::string_view what, const net::Address& from) const;

  std::uint64_t seed_ = 0;
  mutable std::mutex mutex_;
  std::vector<Counter> counters_;
};

}  // namespace jeton::people
