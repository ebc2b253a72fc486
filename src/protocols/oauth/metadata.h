// The documents that tell clients what is here (RFC 8414, OpenID Connect Discovery).
#pragma once

#include "protocols/rooms.h"

namespace jeton::protocols::oauth {

// /.well-known/jwks.json
void jwks(Rooms& rooms, const http::Request& request, http::Response& response, Instant now);
// /.well-known/oauth-authorization-server and openid-configuration
void metadata(Rooms& rooms, const http::Request& request, http::Response& response, Instant now);

}  // namespace jeton::protocols::oauth
