// The rules a verified assertion is held against.
#pragma once

#include "formats/saml/login.h"

namespace jeton::saml {

enum class Statement : std::uint8_t { Needed, NotNeeded };   // of an authentication

// Issuer, times, audience, bearer confirmation, authentication: in this order. The login, where all hold.
Result<Login> hold(Assertion assertion, const Expected& expected, Instant now, Statement authentication);

}  // namespace jeton::saml
