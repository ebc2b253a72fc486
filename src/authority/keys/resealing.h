// Everything that is sealed, sealed anew under the active data key.
#pragma once

#include "authority/keys/sealer.h"
#include "authority/ledger/ledger.h"

namespace jeton::keys {

// True once nothing is left under another data key. What does not open stays as it is. May be cut off and done again; any thread.
Result<bool> reseal(ledger::Ledger& ledger, const Sealer& sealer, Entropy& entropy);

}  // namespace jeton::keys
