// Metadata of our own.
#pragma once

#include <string>
#include <vector>

#include "blocks/crypto/sign.h"
#include "formats/saml/metadata.h"

namespace jeton::saml {

// Of an entity in both roles, under the same keys.
struct OwnMetadata {
  std::string id, entity;
  Instant valid_until;
  std::vector<Bytes> certificates;      // of the keys we sign with now, and will sign with next; the one that most take comes first
  std::vector<Bytes> encryption;        // of the keys that assertions for us may be encrypted to: the one to use first
  std::vector<Endpoint> single_sign_on, logout, assertion_consumers;
  std::vector<std::string> name_formats;
};

// An EntityDescriptor, signed by `key`.
Result<std::string> write_metadata(const OwnMetadata& metadata, const crypto::SignKey& key);

}  // namespace jeton::saml
