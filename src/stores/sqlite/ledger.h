// The ledger in a SQLite file. docs/formats/database.md describes the tables.
#pragma once

#include <memory>
#include <string>

#include "authority/ledger/ledger.h"

namespace jeton::sqlite {

// Opens the ledger in that file, which is made (0600) where there is none, and brought to today's tables
// where it is older. Holds the file against other processes until it is destroyed; destroy it after the last
// call has returned. StoreUnavailable: another server has it, or it cannot be opened or written. Config: not
// a ledger, or a newer one; nothing was changed. StoreCorrupt: damaged.
Result<std::unique_ptr<ledger::Ledger>> open(const std::string& path);

// False where there is no such file, or an empty one: opening it would begin a new ledger.
bool holds_something(const std::string& path);

// The same file for looking only, beside a server that uses it or without one. Every write is Unsupported.
// Config as above, and where the file's tables are older than this build's.
Result<std::unique_ptr<ledger::Ledger>> open_read_only(const std::string& path);

}  // namespace jeton::sqlite
