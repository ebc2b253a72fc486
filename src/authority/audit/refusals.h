// What was refused, on record too, without letting whoever is refused fill the disk.
#pragma once

#include <mutex>

#include "authority/audit/event.h"

namespace jeton::audit {

// Any thread.
class Refusals {
 public:
  Refusals(ledger::Ledger& ledger, Entropy& entropy) : ledger_(ledger), entropy_(entropy) {}

  // One event each, up to so many a minute; the rest are counted, and told as one event. A ledger that fails is not told of here: the
  // refusal stands.
  void note(const Doing& doing, std::string_view action, std::string target, std::string detail);
  // Writes down what was counted, once its minute is over.
  void flush(Instant now);

 private:
  bool within_budget(Instant now);

  ledger::Ledger& ledger_;
  Entropy& entropy_;
  std::mutex mutex_;
  std::int64_t minute_ = 0;
  std::uint32_t written_ = 0;
  std::uint64_t held_back_ = 0;
};

}  // namespace jeton::audit
