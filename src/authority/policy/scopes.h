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

// OpenID Connect's scopes: any client may ask for them, at any API.
bool is_identity_scope(std::string_view scope);
// The scopes that a client or an API has, with those that nobody needs to have: no token that hangs on it carries others.
ledger::Scopes with_identity(const ledger::Scopes& scopes);
// Those of `some` that are left where a client or an API has no more than `held`.
ledger::Scopes left_of(const ledger::Scopes& some, const ledger::Scopes& held);

}  // namespace jeton::policy
