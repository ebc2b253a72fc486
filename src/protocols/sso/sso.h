// Single sign-on as a SAML identity provider.
#pragma once

#include "protocols/rooms.h"

namespace jeton::protocols::sso {

// /saml/sso: a request by HTTP-Redirect or HTTP-POST, the way back from the login, or ?sp=ENTITY where nobody asked. Answers with a page that
// posts the response to the service provider, with the login, or with an error for the person.
void single_sign_on(Rooms& rooms, const http::Request& request, http::Response& response, Instant now);

}  // namespace jeton::protocols::sso
