// An ID token of ours that an application shows again (OIDC Core §3.1.2.1, RP-Initiated Logout §2).
#pragma once

#include "protocols/rooms.h"

namespace jeton::protocols::oidc {

// Whose session it was, for which client. `client` as the client knows its id.
struct Hint {
  std::string client, sid, sub;
};

// Expired or not; nothing where this issuer did not sign it as an ID token.
std::optional<Hint> read_hint(Rooms& rooms, std::string_view token);

}  // namespace jeton::protocols::oidc
