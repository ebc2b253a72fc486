// Keys as files hold them: PEM, certificates, PKCS #8. Read into numbers; a certificate says nothing here but its key.
#pragma once

#include <string_view>
#include <vector>

#include "blocks/crypto/sign.h"

namespace jeton::crypto {

struct KeyPair {
  PublicParts pub;
  PrivateParts priv;
};

// The key of a certificate (DER). Its dates, its issuer and its signature are not looked at: trust comes from where it was found.
Result<PublicParts> public_key_of_certificate(ByteView der);

// The keys of every CERTIFICATE and PUBLIC KEY block of a text, at least one. Malformed: another kind of block, or not PEM.
Result<std::vector<PublicParts>> public_keys_of_pem(std::string_view text);

// The one private key of a text, unencrypted: PKCS #8, PKCS #1 or SEC 1.
Result<KeyPair> private_key_of_pem(std::string_view text);

}  // namespace jeton::crypto
