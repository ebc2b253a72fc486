// After a restore: what was taken back since the backup was made stays taken back, and what keeps people out stays as it was.
#pragma once

#include "authority/keys/sealer.h"
#include "authority/ledger/ledger.h"

namespace jeton::cli {

struct Carried {
  std::size_t tokens = 0, grants = 0, principals = 0, devices = 0, clients = 0, keys = 0, apis = 0, rules = 0, settings = 0,
              credentials = 0, outside = 0;
  std::size_t all() const {
    return tokens + grants + principals + devices + clients + keys + apis + rules + settings + credentials + outside;
  }
};

// The ledger that is replaced, and the backup that takes its place; of one installation.
struct Restoration {
  ledger::Ledger& before;
  ledger::Ledger& restored;
  const keys::Sealer* before_sealer;   // null: what it sealed does not open
  const keys::Sealer& restored_sealer;
};

// Ends in `restored` whatever lives there and has ended, or is gone, in `before`: tokens, signed tokens, grants whose refresh token was used
// since, users and service accounts, devices, clients, APIs, signing keys, webhooks, streams. What lives in both is as `before` has it: a token
// rotated, held or narrowed, a client's secrets, an account's address; and no network rule lets in what that one kept out. Passwords, second
// factors and passkeys are those of `before`; of whom they cannot be opened has none. Never brings anything to life that had ended.
Result<Carried> carry_endings(const Restoration& restoration, Instant now);

// Ends every token that lives; the number of them.
Result<std::size_t> end_all_tokens(ledger::Ledger& restored, Instant now);

// Lets in no more than either denies, and what `newer` allows; where that allows everything, what `older` does.
ledger::NetworkRule stricter(const ledger::NetworkRule& newer, const ledger::NetworkRule& older);

}  // namespace jeton::cli
