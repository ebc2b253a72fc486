// The algorithms' self-tests as a server runs them: all at start, each once a day, and when somebody asks.
#pragma once

#include <functional>
#include <mutex>
#include <vector>

#include "authority/watch/alerts.h"
#include "blocks/crypto/selftest/selftest.h"

namespace jeton::watch {

// Any thread.
class SelfTests {
 public:
  struct Entry {
    crypto::selftest::Outcome outcome;
    Instant at;
  };
  // `on_out` hears that algorithms went out of service, so that what was believed through them is forgotten.
  SelfTests(ledger::Ledger& ledger, Entropy& entropy, std::function<void()> on_out)
      : ledger_(ledger), entropy_(entropy), on_out_(std::move(on_out)) {}

  // Tests all of them. The first call of a process is made before anything else (`start_tests`).
  std::vector<Entry> run_all(const audit::Doing& doing);
  // Tests at most one that is due, so that no request waits: each comes around once a day. Also tells of what went out of service
  // meanwhile. Every second or so; one thread at a time.
  Status step(Instant now);
  // The last outcome of each, in the table's order.
  std::vector<Entry> latest() const;
  // Takes over what was found at start.
  void begin(const std::vector<crypto::selftest::Outcome>& outcomes, Instant now);

 private:
  Status announce(const audit::Doing& doing);
  Status tell(crypto::Tested what, const audit::Doing& doing);

  ledger::Ledger& ledger_;
  Entropy& entropy_;
  std::function<void()> on_out_;
  mutable std::mutex mutex_;
  std::vector<Entry> latest_;
  std::vector<crypto::Tested> known_out_, told_;
  Instant begun_;
  std::uint64_t steps_ = 0;
};

// What no installation does without: an installation does not start where one of them fails. Active signing keys add theirs.
std::span<const crypto::Tested> needed_always();

}  // namespace jeton::watch
