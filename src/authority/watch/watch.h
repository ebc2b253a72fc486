// Looks at what checks have seen, beside requests, and says what is unusual.
#pragma once

#include "authority/policy/settings.h"
#include "authority/verify/verifier.h"
#include "authority/watch/alerts.h"
#include "authority/watch/detect/detector.h"
#include "authority/watch/usage.h"

namespace jeton::watch {

// One thread at a time.
class Watch {
 public:
  Watch(ledger::Ledger& ledger, verify::Verifier& verifier, Entropy& entropy)
      : ledger_(ledger), verifier_(verifier), alerts_(ledger, entropy), entropy_(entropy) {}

  // Takes what was seen since the last time, raises alerts, and revokes tokens where the installation's settings say so. What was taken is
  // not looked at again, also where the ledger fails.
  Status look(Instant now);

  Usage& usage() { return usage_; }

 private:
  // Does what the settings want done about it.
  Status deal(const ledger::Token& token, std::string_view rule, const policy::Settings& settings, Instant now);
  Status act(const Finding& finding, const policy::Settings& settings, Instant now);
  Status raise(const Finding& finding, const std::optional<ledger::Token>& token, Instant now);
  bool within_budget(Instant now);

  ledger::Ledger& ledger_;
  verify::Verifier& verifier_;
  Alerts alerts_;
  Entropy& entropy_;
  Detector detector_;
  Usage usage_;
  // A flood of findings is told as one alert, not as a flood of alerts.
  Window raised_;
  std::uint64_t held_back_ = 0;
};

}  // namespace jeton::watch
