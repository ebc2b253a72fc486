// The ledger in memory: for `jeton try` and for tests. Gone with the process.
#pragma once

#include <memory>

#include "authority/ledger/ledger.h"

namespace jeton::memory {

// An empty ledger. Keeps every promise of `ledger::Ledger` but the one about restarts; `backup` is
// Unsupported.
std::unique_ptr<ledger::Ledger> open();

}  // namespace jeton::memory
