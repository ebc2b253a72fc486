// Rich authorization requests (RFC 9396): `authorization_details` of a request, against what its client and
// its API may.
#pragma once

#include "authority/apis/details.h"
#include "protocols/oauth/client_auth.h"

namespace jeton::protocols::oauth {

inline constexpr std::string_view kDetails = "authorization_details";

// The API that a request with authorization details is for where nothing else names one. Types alone are
// looked at.
Or<ledger::Api> api_of_details(Rooms& rooms, const http::Form& form);
// What is asked of that API; none where the parameter is not there. invalid_authorization_details where one
// object is not of a type that the API has and the client registered for.
Or<apis::Details> details_asked(Rooms& rooms, const Client& client, const ledger::Api& api, const http::Form& form);
// Of a grant: what it has, or the part of that which the form asks for.
Or<apis::Details> details_of(Rooms& rooms, const Client& client, const ledger::Token& grant, const http::Form& form);

}  // namespace jeton::protocols::oauth
