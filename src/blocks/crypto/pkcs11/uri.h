// PKCS#11 URIs (RFC 7512): which key, in which token, through which module.
#pragma once

#include <string>

#include "ground/bytes.h"
#include "ground/result.h"

namespace jeton::crypto::pkcs11 {

struct Uri {
  std::string token, serial;   // the token's label or serial number; at least one
  std::string object;          // the key's label
  Bytes id;                    // and CKA_ID; at least one of the two
  std::string module_path;     // of the module to load
  std::string pin_source;      // "file:/path": where the PIN stands
};

// Malformed: not such a URI, an attribute twice, or one that is not known here. Denied: a pin-value, which would stand in
// configuration and logs.
Result<Uri> parse_uri(std::string_view text);

}  // namespace jeton::crypto::pkcs11
