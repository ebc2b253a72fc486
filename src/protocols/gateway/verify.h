// Forward authentication: what nginx auth_request, Caddy forward_auth, Traefik and Envoy ask before they let a call through.
#pragma once

#include "protocols/rooms.h"

namespace jeton::protocols::gateway {

// Answers /verify: 200 with identity fields, 401 or 403 with a challenge, 503 where nothing can be said. Never waits but for a token
// that is not in memory yet. Any thread; allocates nothing for a token that is known.
void verify(Rooms& rooms, const http::Request& request, http::Response& response, Instant now);

// Whether a question with that query is answered from the ledger too (acr, max_age), and so not beside the sockets.
bool reads_ledger(std::string_view query);

}  // namespace jeton::protocols::gateway
