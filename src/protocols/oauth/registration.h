// Dynamic client registration (RFC 7591) and its management (RFC 7592).
#pragma once

#include "protocols/rooms.h"

namespace jeton::protocols::oauth {

// /oauth/register
void register_client(Rooms& rooms, const http::Request& request, http::Response& response, Instant now);
// /oauth/register/{client_id}: GET, PUT, DELETE with the registration access token
void registered_client(Rooms& rooms, const http::Request& request, http::Response& response, Instant now);
inline constexpr std::string_view kRegistered = "/oauth/register/";

}  // namespace jeton::protocols::oauth
