// Metadata of our own.
#pragma once

#include <string>
#include <vector>

#include "blocks/crypto/sign.h"
#include "formats/saml/metadata.h"

namespace jeton::saml {

struct IdpMetadata {
  std::string id, entity;
  Instant valid_until;
  std::vector<Bytes> certificates;      // of the keys we sign with now, and will sign with next
  std::vector<Endpoint> single_sign_on, logout;
  std::vector<std::string> name_formats;
};

// An EntityDescriptor, signed by `key`.
Result<std::string> write_metadata(const IdpMetadata& metadata, const crypto::SignKey& key);

}  // namespace jeton::saml
