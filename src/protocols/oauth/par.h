// Pushed authorization requests (RFC 9126).
#pragma once

#include "protocols/oauth/client_auth.h"

namespace jeton::protocols::oauth {

struct Pushed {
  http::Form form;
  crypto::Sha256Digest id{};     // of its ticket, used up when the code is issued
};
// The request that the client pushed under that request_uri, while it may be used.
Or<Pushed> pushed_request(Rooms& rooms, const Client& client, std::string_view request_uri, Instant now);
// Its first sight was in time: a person may take a while from here on.
Answer begin_pushed(Rooms& rooms, const Pushed& pushed);
// Keeps a request that was looked at; the request_uri for it.
Or<std::string> keep_request(Rooms& rooms, const Client& client, const http::Form& form, Instant now);

// Whether something may be kept for a caller who showed nothing: so much a network, and no store is filled by one. 429 otherwise.
Answer may_keep(Rooms& rooms, const net::Address& from, Instant now);

// /oauth/par
void par(Rooms& rooms, const http::Request& request, http::Response& response, Instant now);

}  // namespace jeton::protocols::oauth
