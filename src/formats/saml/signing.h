// Puts a signature where SAML's schemas want it: right after the issuer.
#pragma once

#include <string>

#include "blocks/crypto/sign.h"
#include "blocks/xml/writer.h"
#include "ground/result.h"

namespace jeton::saml {

// `upto_issuer` and `rest` are the element's two parts, in canonical form together. `key` null: not signed.
Result<std::string> signed_after_issuer(std::string_view upto_issuer, std::string_view rest, std::string_view id,
                                        const crypto::SignKey* key);

// A new message or assertion ID: "_" and 160 random bits, as an NCName.
Result<std::string> new_id(Entropy& entropy);

}  // namespace jeton::saml
