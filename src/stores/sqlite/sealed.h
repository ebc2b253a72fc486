// What is sealed under which data key, and what is hashed under which pepper.
#pragma once

#include "authority/ledger/ledger.h"
#include "stores/sqlite/engine/connection.h"

namespace jeton::sqlite {

// Looks at every column whose name begins with "sealed", of every table: one that is added later is looked at too.
Result<bool> nothing_sealed_under(Connection& db, std::uint32_t data_key);
Result<std::vector<ledger::SealedValue>> sealed_otherwise(Connection& db, std::uint32_t data_key, std::size_t limit);
// True where the value was as it is said to have been, and is under the other key now.
Result<bool> reseal(Connection& db, const ledger::Reseal& change);
Result<std::map<std::uint32_t, ledger::Hashes>> hashes(Connection& db, Instant now);

}  // namespace jeton::sqlite
