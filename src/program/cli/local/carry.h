// After a restore: what was taken back since the backup was made stays taken back.
#pragma once

#include "authority/ledger/ledger.h"

namespace jeton::cli {

struct Carried {
  std::size_t tokens = 0, grants = 0, principals = 0, devices = 0, clients = 0, keys = 0;
  std::size_t all() const { return tokens + grants + principals + devices + clients + keys; }
};

// Ends in `restored` whatever lives there and has ended, or is gone, in `before`: tokens, signed tokens, grants whose refresh token was used
// since, users and service accounts, devices, clients, signing keys. A token that lives in both is as `before` has it: rotated, held,
// narrowed. Never brings anything to life that had ended.
Result<Carried> carry_endings(ledger::Ledger& before, ledger::Ledger& restored, Instant now);

// Ends every token that lives; the number of them.
Result<std::size_t> end_all_tokens(ledger::Ledger& restored, Instant now);

}  // namespace jeton::cli
