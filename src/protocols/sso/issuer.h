// Who we are to service providers and identity providers: our name, our key, our metadata.
#pragma once

#include "protocols/rooms.h"

namespace jeton::protocols::sso {

std::string entity(const Rooms& rooms);      // also the address of the metadata
std::string sso_address(const Rooms& rooms);
std::string acs_address(const Rooms& rooms);
std::string slo_address(const Rooms& rooms);

// The installation's key of that algorithm, RS256 or ES256; made where there is none yet.
Result<crypto::SignKey> signing_key(Rooms& rooms, crypto::SignAlg alg, Instant now);

// The keys we sign with, RSA and ECDSA, and those that come next. Signed by the RSA key, good for a week.
Result<std::string> metadata_text(Rooms& rooms, Instant now);
// The same at /saml/metadata.
void metadata(Rooms& rooms, const http::Request& request, http::Response& response, Instant now);

}  // namespace jeton::protocols::sso
