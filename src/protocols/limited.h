// Saying that a call came too early (RFC 6585 §4), and when to come again.
#pragma once

#include "authority/limits/limiter.h"
#include "blocks/http/message.h"

namespace jeton::protocols {

// Retry-After (RFC 9110 §10.2.3), RateLimit and RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers-10): the limit that refused,
// by the name of its level.
void limit_fields(const limits::Refused& refused, http::Response& response);
// 429 as problem+json, with the fields.
void write_limited(const limits::Refused& refused, const http::Request& request, http::Response& response);

}  // namespace jeton::protocols
