// The trace a request belongs to, as its caller says.
#pragma once

#include "blocks/http/message.h"

namespace jeton::http {

// The trace id of a well formed traceparent (W3C Trace Context §3.2), or nothing.
std::string_view trace_id(const Request& request);

}  // namespace jeton::http
