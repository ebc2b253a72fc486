// Calls that are granted in advance, and granted again: a balance of a token, an owner, a client or an API.
#pragma once

#include <variant>

#include "authority/audit/event.h"

namespace jeton::limits {

// Whose balance it is.
using Holder = std::variant<TokenId, PrincipalId, ClientId, ApiId>;

inline constexpr std::uint64_t kMostCreditsAdded = 1'000'000'000;

// `more` calls, 1 to kMostCreditsAdded, beside those that were granted before; who had no credits is held to them from then on. What is
// granted in all. Durable when it returns; of two at once both count. NotFound; Conflict: it has ended. Any thread.
Result<std::uint64_t> add_credits(ledger::Ledger& ledger, Entropy& entropy, const Holder& holder, std::uint64_t more,
                                  const audit::Doing& doing, const audit::With<std::uint64_t>& with = {});

}  // namespace jeton::limits
