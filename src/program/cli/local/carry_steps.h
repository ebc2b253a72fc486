// The steps of carry_endings, and what they share.
#pragma once

#include "program/cli/local/carry.h"

namespace jeton::cli {

using ledger::Ledger;

// Commits the changes in parts that no reader has to wait for. The number of them.
Result<std::size_t> commit_all(Ledger& ledger, std::vector<ledger::Change> changes);

Result<std::size_t> carry_principals(Ledger& before, Ledger& restored);
Result<std::size_t> carry_devices(Ledger& before, Ledger& restored, Instant now);
Result<std::size_t> carry_clients(Ledger& before, Ledger& restored);
Result<std::size_t> carry_apis(Ledger& before, Ledger& restored, Instant now);
Result<std::size_t> carry_rules(Ledger& before, Ledger& restored);
Result<std::size_t> carry_settings(Ledger& before, Ledger& restored);
Result<std::size_t> carry_outside(Ledger& before, Ledger& restored);
Result<std::size_t> carry_credentials(const Restoration& restoration);

}  // namespace jeton::cli
