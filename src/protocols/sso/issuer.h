// Who we are to service providers and identity providers: our name, our key, our metadata.
#pragma once

#include "protocols/rooms.h"

namespace jeton::protocols::sso {

std::string entity(const Rooms& rooms);      // also the address of the metadata
std::string sso_address(const Rooms& rooms);
std::string acs_address(const Rooms& rooms);
std::string slo_address(const Rooms& rooms);

// The installation's RS256 key, made where there is none yet.
Result<crypto::SignKey> signing_key(Rooms& rooms, Instant now);

// The key we sign with and the one that comes next. Signed, good for a week.
Result<std::string> metadata_text(Rooms& rooms, Instant now);
// The same at /saml/metadata.
void metadata(Rooms& rooms, const http::Request& request, http::Response& response, Instant now);

}  // namespace jeton::protocols::sso
