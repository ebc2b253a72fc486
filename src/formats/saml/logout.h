// samlp:LogoutRequest and samlp:LogoutResponse (core §3.7).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "blocks/crypto/sign.h"
#include "formats/saml/parts.h"

namespace jeton::saml {

struct LogoutRequest {
  std::string id, issuer, destination;
  Instant issued;
  std::optional<Instant> not_on_or_after;
  NameId subject;
  std::vector<std::string> session_indexes;   // none: every session of the subject
};

struct LogoutResponse {
  std::string id, issuer, destination, in_response_to;
  Instant issued;
  std::string status, sub_status;   // the second may be empty
};

// WrongType: another message. Unsupported: an encrypted name. Malformed: not of the schema.
Result<LogoutRequest> read_logout_request(xml::Element message);
Result<LogoutResponse> read_logout_response(xml::Element message);
Result<std::string> write_logout_request(const LogoutRequest& request, const crypto::SignKey* key);
Result<std::string> write_logout_response(const LogoutResponse& response, const crypto::SignKey* key);

}  // namespace jeton::saml
