// samlp:AuthnRequest (core §3.4.1).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "blocks/crypto/sign.h"
#include "formats/saml/parts.h"

namespace jeton::saml {

enum class Comparison : std::uint8_t { Exact, Minimum, Maximum, Better };

struct AuthnRequest {
  std::string id, issuer, destination;   // destination empty where it has none
  Instant issued;
  std::string acs_url, binding;          // of the answer; empty: as the metadata says
  std::optional<std::uint16_t> acs_index;
  bool force = false, passive = false;
  std::string name_format;               // asked of the NameID; empty: none in particular
  bool allow_create = false;
  std::vector<std::string> context_classes;
  Comparison comparison = Comparison::Exact;
};

// Malformed: not of the schema, or both an address and an index of the consumer (core §3.4.1). Unsupported: a subject, conditions or
// a scoping, which are not understood here. WrongType: another message.
Result<AuthnRequest> read_authn_request(xml::Element message);
Result<std::string> write_authn_request(const AuthnRequest& request, const crypto::SignKey* key);

}  // namespace jeton::saml
