// A certificate around a key, for those who take keys in no other form.
#pragma once

#include <string_view>

#include "blocks/crypto/sign.h"
#include "ground/instant.h"

namespace jeton::crypto {

struct CertificateDraft {
  std::string_view common_name;   // of the subject and of the issuer
  Instant from, until;
};

// An X.509 certificate (DER) of an RSA or EC key, signed by `signer`: the key's own, as a rule. By an RSA key and of the same draft always the
// same octets: the serial number comes of the key, and PKCS #1 signatures have no randomness.
Result<Bytes> make_certificate(const PublicParts& key, const SignKey& signer, const CertificateDraft& draft);

}  // namespace jeton::crypto
