// The login that an access token hangs on, and who acts for whom with it.
#pragma once

#include "protocols/oauth/call.h"

namespace jeton::protocols::oauth {

// What the ledger remembers of a token that is believed: its grant, where it came of one, and `act` (RFC 8693
// §4.1), where somebody acts for its subject.
struct Behind {
  std::optional<grants::Granted> grant;
  std::string act;  // JSON; empty: nobody
};
// Reads the ledger.
Result<Behind> behind(Rooms& rooms, const verify::Believed& token, std::string_view text);

}  // namespace jeton::protocols::oauth
