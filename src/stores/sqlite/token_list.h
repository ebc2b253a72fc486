// Reading many tokens: a filtered page, and all of them.
#pragma once

#include "authority/ledger/ledger.h"
#include "stores/sqlite/engine/connection.h"

namespace jeton::sqlite {

// What one listing asks, and whether every token is found by its principal, or some may be in the tail (tail.h).
enum class Tailed : std::uint8_t { No, Perhaps };
// Whether a filter asks by what is in the tables that are filled in batches.
inline bool by_entered(const ledger::TokenFilter& f) { return f.principal || (f.expires_from && f.expires_before); }
struct Listing {
  const ledger::TokenFilter& filter;
  const ledger::PageOf<TokenId>& page;
  Instant now;
  Tailed tailed = Tailed::Perhaps;
};
Result<std::vector<ledger::Token>> list_tokens(Connection& db, const Listing& listing);
// What is asked of the database for it.
std::string query_of(const Listing& listing);

// Hands every token to the visitor; the same object each time.
Status scan(Connection& db, ledger::TokenVisitor& visitor);

Result<ledger::Seq> last_seq_of(Connection& db);

}  // namespace jeton::sqlite
