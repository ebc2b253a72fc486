// Reading many tokens: a filtered page, and all of them.
#pragma once

#include "authority/ledger/ledger.h"
#include "stores/sqlite/engine/connection.h"

namespace jeton::sqlite {

Result<std::vector<ledger::Token>> list_tokens(Connection& db, const ledger::TokenFilter& filter,
                                               const ledger::PageOf<TokenId>& page, Instant now);

// Hands every token to the visitor; the same object each time.
Status scan(Connection& db, ledger::TokenVisitor& visitor);

Result<ledger::Seq> last_seq_of(Connection& db);

}  // namespace jeton::sqlite
