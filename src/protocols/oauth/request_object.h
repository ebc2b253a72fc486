// Request objects: authorization requests that the client signed (RFC 9101). By value only: no request is
// fetched.
#pragma once

#include "protocols/oauth/client_auth.h"

namespace jeton::protocols::oauth {

// The parameters of the request object that `outer` carries as `request`; what stands beside it does not
// count, but must not say anything else about who asks. invalid_request_object where it cannot be believed.
Or<http::Form> signed_request(Rooms& rooms, const Client& client, const http::Form& outer, Instant now);

}  // namespace jeton::protocols::oauth
