// Keys as PEM and DER: SubjectPublicKeyInfo, PKCS #8, PKCS #1, SEC 1, and the key of an X.509 certificate.
#pragma once

#include <optional>
#include <string>

#include "blocks/crypto/sign.h"

namespace jeton::crypto {

struct KeyParts {
  PublicParts pub;
  std::optional<PrivateParts> priv;
};

// Reads one key of any of those forms. Malformed: none of them, an encrypted key, or more than one block. Unsupported: a type
// or curve that is not known here. What it gives is well formed; whoever makes a key of it proves it.
Result<KeyParts> decode_key(ByteView pem_or_der);

// SubjectPublicKeyInfo, or PKCS #8 where `priv` is given.
Result<Bytes> encode_key(const PublicParts& pub, const PrivateParts* priv);
// The same in PEM.
Result<std::string> encode_key_pem(const PublicParts& pub, const PrivateParts* priv);

// The public key of an X.509 certificate in DER. Nothing of the certificate is believed: no chain, no name, no date.
Result<PublicParts> key_of_certificate(ByteView der);

}  // namespace jeton::crypto
