// The keys that a partner signs its leak reports with: configured, never fetched.
#pragma once

#include <string>
#include <vector>

#include "blocks/crypto/sign.h"

namespace jeton::leaks {

// Immutable. Any thread.
class PartnerKeys {
 public:
  PartnerKeys() = default;
  // The JSON that api.github.com/meta/public_keys/secret_scanning serves: {"public_keys":[{"key_identifier","key",…}]}. Malformed, or
  // WeakKey where a key is not of P-256.
  static Result<PartnerKeys> parse(std::string_view json);

  bool empty() const { return keys_.empty(); }
  // The signature is ECDSA over SHA-256 in DER and base64. UnknownKey, Malformed, BadSignature.
  Status verify(std::string_view identifier, std::string_view signature, std::string_view body) const;

 private:
  std::vector<std::pair<std::string, crypto::VerifyKey>> keys_;
};

}  // namespace jeton::leaks
