// OAuth: exchange, introspection and revocation of tokens, and the documents that tell clients of them.
#pragma once

#include "protocols/rooms.h"

namespace jeton::protocols::oauth {

// Each answers one address. May wait for the store. Any thread.
void token(Rooms& rooms, const http::Request& request, http::Response& response, Instant now);
void introspect(Rooms& rooms, const http::Request& request, http::Response& response, Instant now);
void revoke(Rooms& rooms, const http::Request& request, http::Response& response, Instant now);
// /.well-known/jwks.json, oauth-authorization-server and openid-configuration.
void jwks(Rooms& rooms, http::Response& response);
void metadata(Rooms& rooms, http::Response& response);

}  // namespace jeton::protocols::oauth
