// Keys as files hold them, PEM and DER: SubjectPublicKeyInfo, PKCS #8, PKCS #1, SEC 1, and X.509 certificates. A certificate says
// nothing here but its key: no chain, no name, no date, no signature of it is looked at. Trust comes from where it was found.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "blocks/crypto/sign.h"

namespace jeton::crypto {

struct KeyParts {
  PublicParts pub;
  std::optional<PrivateParts> priv;
};

// Reads one key of any of those forms: of a PEM text the one private key (certificates may stand beside it), or its only block.
// Malformed: none of them, a key under a password, or several keys. Unsupported: a type or curve that is not known here. What it
// gives is well formed; whoever makes a key of it proves it.
Result<KeyParts> decode_key(ByteView pem_or_der);

// The key of every block of a text of certificates and public keys, at least one. Malformed: another kind of block, or not PEM.
Result<std::vector<PublicParts>> public_keys_of_pem(std::string_view text);

// The key of a certificate in DER. Malformed: no certificate, or octets behind it. Unsupported: as above.
Result<PublicParts> key_of_certificate(ByteView der);

// SubjectPublicKeyInfo, or PKCS #8 where `priv` is given.
Result<Bytes> encode_key(const PublicParts& pub, const PrivateParts* priv);
// The same in PEM.
Result<std::string> encode_key_pem(const PublicParts& pub, const PrivateParts* priv);

}  // namespace jeton::crypto
