// What an owner would want to know: raised once, counted after.
#pragma once

#include "authority/audit/event.h"

namespace jeton::watch {

// Any thread but one at a time for `raise`.
class Alerts {
 public:
  Alerts(ledger::Ledger& ledger, Entropy& entropy) : ledger_(ledger), entropy_(entropy) {}

  // `what` carries rule, severity, token, family, principal and evidence. An open alert of the same rule, family and principal in the
  // last hour counts one more.
  Status raise(ledger::Alert what, Instant now);
  Result<ledger::Alert> acknowledge(const AlertId& id, const audit::Doing& doing);

 private:
  ledger::Ledger& ledger_;
  Entropy& entropy_;
};

}  // namespace jeton::watch
