// Whether a token is good, and taking it back: introspection (RFC 7662) and revocation (RFC 7009).
#pragma once

#include "protocols/rooms.h"

namespace jeton::protocols::oauth {

// Each answers one address. May wait for the store. Any thread.
void introspect(Rooms& rooms, const http::Request& request, http::Response& response, Instant now);
void revoke(Rooms& rooms, const http::Request& request, http::Response& response, Instant now);

}  // namespace jeton::protocols::oauth
