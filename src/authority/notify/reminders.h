// Says in time that tokens expire: an event "token.expiring" 30 days, 7 days and 1 day before, once each.
#pragma once

#include "authority/audit/event.h"

namespace jeton::notify {

// One thread at a time.
class Reminders {
 public:
  Reminders(ledger::Ledger& ledger, Entropy& entropy) : ledger_(ledger), entropy_(entropy) {}

  // Puts on record what has come due since the last time. Personal access tokens and API keys alone; of a token that lives shorter than
  // the notice, none. True while there is more. After a first start nothing is made up for.
  Result<bool> remind(Instant now);

 private:
  Status due(Instant from, Instant to, Seconds notice, std::vector<ledger::Change>& changes);

  ledger::Ledger& ledger_;
  Entropy& entropy_;
};

}  // namespace jeton::notify
