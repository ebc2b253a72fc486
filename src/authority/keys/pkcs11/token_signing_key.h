// Signing keys that never leave their PKCS#11 token.
#pragma once

#include <optional>
#include <string>

#include "blocks/crypto/sign.h"

namespace jeton::keys {

// What is sealed in a private JWK's place: where the key is.
std::string token_reference(std::string_view uri);
// The URI of such a reference; nothing where it is a JWK.
std::optional<std::string> token_uri(std::string_view sealed_text);

// Opens the key and signs once with it. Config says what is wrong and what to do.
Result<crypto::SignKey> open_token_signing_key(const std::string& uri, crypto::SignAlg alg);

}  // namespace jeton::keys
