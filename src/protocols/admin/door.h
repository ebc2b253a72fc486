// The management API's door: finds the endpoint, asks who calls, lets them in or not.
#pragma once

#include "protocols/admin/endpoint.h"

namespace jeton::protocols::admin {

// Answers a request under /v1/. May wait for the store. Any thread.
void answer(Rooms& rooms, const http::Request& request, http::Response& response, Instant now);

// What the caller showed, looked up: the socket's administrator, or a live token. NotFound where nothing was shown; Denied
// with nothing more where it is not good.
Result<Caller> identify(Rooms& rooms, const http::Request& request, Instant now, limits::Refused* limited = nullptr);

}  // namespace jeton::protocols::admin
