// Metadata of one entity (saml-metadata-2.0-os): where it is spoken to, and by which keys it is believed.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "blocks/crypto/sign.h"
#include "formats/saml/parts.h"

namespace jeton::saml {

struct Endpoint {
  std::string binding, location, response_location;   // response_location empty where it is the location
  std::optional<std::uint16_t> index;
  bool is_default = false;
};

// What an identity provider and a service provider have in common.
struct Role {
  std::vector<crypto::PublicParts> signing_keys, encryption_keys;
  std::vector<Endpoint> logout;
  std::vector<std::string> name_formats;
  std::vector<crypto::SignAlg> verifies;   // signatures that it says it takes; none: it says nothing that is known here
};

struct IdpRole : Role {
  std::vector<Endpoint> single_sign_on;
  bool wants_requests_signed = false;
};

struct SpRole : Role {
  std::vector<Endpoint> assertion_consumers;
  bool signs_requests = false, wants_assertions_signed = false;
};

struct Metadata {
  std::string entity;
  std::optional<Instant> valid_until;
  std::optional<IdpRole> idp;
  std::optional<SpRole> sp;
};

// Reads an EntityDescriptor, or the one of an EntitiesDescriptor that has the name `entity` (empty: there is only one). A signature of
// the document is not looked at: metadata is believed for where it came from. Malformed, Unsupported, NotFound: as they say.
Result<Metadata> parse_metadata(std::string_view text, std::string_view entity);

// The endpoint of a binding: the default one, or else the first. Null where there is none.
const Endpoint* endpoint_of(const std::vector<Endpoint>& endpoints, std::string_view binding);

}  // namespace jeton::saml
