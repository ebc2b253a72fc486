// The login that an access token hangs on, and who acts for whom with it.
#pragma once

#include "protocols/oauth/call.h"

namespace jeton::protocols::oauth {

// What the ledger remembers of a token that is believed: its grant, where it came of one, and `act` (RFC 8693
// §4.1), where somebody acts for its subject.
struct Behind {
  std::optional<grants::Granted> grant;
  std::string act;  // JSON; empty: nobody
  std::string details;  // its authorization details (RFC 9396), a JSON array; empty: none
};
// Reads the ledger.
Result<Behind> behind(Rooms& rooms, const verify::Believed& token, std::string_view text);
// Its authorization details alone. Reads the ledger for what is no signed token.
Result<std::string> details_in(Rooms& rooms, const verify::Believed& token, std::string_view text);

}  // namespace jeton::protocols::oauth
