// Scopes: space separated words (RFC 6749 §3.3) as sorted lists.
#pragma once

#include <span>
#include <string_view>

#include "authority/ledger/records.h"
#include "ground/result.h"

namespace jeton::policy {

// Sorted and without duplicates. Invalid where a word is not a scope token, or there are more than 100.
Result<ledger::Scopes> canonical(std::vector<std::string> words);
// Of "a b c".
Result<ledger::Scopes> parse_scopes(std::string_view text);
std::string joined(const ledger::Scopes& scopes);
// Whether all of `wanted` is in `held`; both sorted.
bool subset(const ledger::Scopes& wanted, const ledger::Scopes& held);

}  // namespace jeton::policy
