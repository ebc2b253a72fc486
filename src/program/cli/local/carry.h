// After a restore: what was taken back since the backup was made stays taken back.
#pragma once

#include "authority/ledger/ledger.h"

namespace jeton::cli {

struct Carried {
  std::size_t tokens = 0, principals = 0, devices = 0, clients = 0, keys = 0;
  std::size_t all() const { return tokens + principals + devices + clients + keys; }
};

// Ends in `restored` whatever lives there and has ended, or is gone, in `before`: tokens, signed tokens, users and service accounts,
// devices, clients, signing keys. Never brings anything to life.
Result<Carried> carry_endings(ledger::Ledger& before, ledger::Ledger& restored, Instant now);

// Ends every token that lives; the number of them.
Result<std::size_t> end_all_tokens(ledger::Ledger& restored, Instant now);

}  // namespace jeton::cli
