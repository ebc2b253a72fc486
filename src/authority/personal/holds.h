// Keeping a token out without ending it, and letting it in again.
#pragma once

#include "authority/audit/event.h"

namespace jeton::personal {

// Holds the token, and the grant that an opaque access token came of, so that neither it nor its siblings get in; Hold::None releases.
// `reason` is for the record: the name of a rule, or an operator's words. Conflict: the token has ended. Any thread.
Result<ledger::Token> hold(ledger::Ledger& ledger, Entropy& entropy, const TokenId& id, ledger::Hold hold, std::string_view reason,
                           const audit::Doing& doing);

}  // namespace jeton::personal
