// RP-initiated logout (OpenID Connect RP-Initiated Logout 1.0).
#pragma once

#include "protocols/rooms.h"

namespace jeton::protocols::oidc {

// /oauth/logout
void logout(Rooms& rooms, const http::Request& request, http::Response& response, Instant now);

}  // namespace jeton::protocols::oidc
