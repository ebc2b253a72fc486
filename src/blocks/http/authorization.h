// The Authorization field: one credential, of a scheme we know.
#pragma once

#include <optional>
#include <string>

#include "blocks/http/message.h"
#include "ground/result.h"

namespace jeton::http {

// The bearer token of a request (RFC 6750 §2.1), a view into it. Nothing where there is no Authorization field, or one of
// another scheme. Malformed: the field twice, or more than one token's characters. Allocates nothing.
Result<std::optional<std::string_view>> bearer(const Request& request);

// The same for the scheme DPoP (RFC 9449 §7.1).
Result<std::optional<std::string_view>> dpop_token(const Request& request);

struct Basic {
  std::string user, password;
};
// HTTP Basic (RFC 7617), each half form-decoded as OAuth has it (RFC 6749 §2.3.1).
Result<std::optional<Basic>> basic(const Request& request);

}  // namespace jeton::http
