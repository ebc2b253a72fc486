// A master key that never leaves its PKCS#11 token.
#pragma once

#include "authority/keys/master_key.h"

namespace jeton::keys {

// `uri` as RFC 7512 has it, with module-path and pin-source=file:/path. The token does the wrapping (AES-GCM).
Result<MasterKeyPtr> open_token_master_key(const std::string& uri);

// The PIN a PKCS#11 URI's pin-source names.
Result<Secret> read_pin(const std::string& pin_source);

}  // namespace jeton::keys
