// The Shared Signals Framework's transmitter: what receivers of security events ask of it (OpenID SSF 1.0,
// RFC 8936).
#pragma once

#include "protocols/rooms.h"

namespace jeton::protocols::ssf {

// Each answers one address. Every call but that for the metadata needs a token with jeton:ssf:read or
// jeton:ssf:write, and sees the streams of its own holder alone. May wait for the store. Any thread.
void metadata(Rooms& rooms, const http::Request& request, http::Response& response, Instant now);
void configuration(Rooms& rooms, const http::Request& request, http::Response& response, Instant now);
void status(Rooms& rooms, const http::Request& request, http::Response& response, Instant now);
void add_subject(Rooms& rooms, const http::Request& request, http::Response& response, Instant now);
void remove_subject(Rooms& rooms, const http::Request& request, http::Response& response, Instant now);
void verification(Rooms& rooms, const http::Request& request, http::Response& response, Instant now);

inline constexpr std::string_view kPoll = "/ssf/poll/";  // and the stream's id
void poll(Rooms& rooms, const http::Request& request, http::Response& response, Instant now);

}  // namespace jeton::protocols::ssf
