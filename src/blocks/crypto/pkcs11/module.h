// A PKCS#11 module, loaded once and kept; and what its return codes mean for people.
#pragma once

#include <p11-kit/pkcs11.h>

#include <string>

#include "blocks/crypto/pkcs11/uri.h"

namespace jeton::crypto::pkcs11 {

// Config: not there, or no PKCS#11 module. The module stays loaded and initialised for the life of the process.
Result<CK_FUNCTION_LIST*> load_module(const std::string& path);
// The slot that holds the token the URI names. Config where there is none.
Result<CK_SLOT_ID> find_token(CK_FUNCTION_LIST* module, const Uri& uri);
// The failure for a return code other than CKR_OK: Config where somebody can do something about it, Crypto otherwise.
std::unexpected<Failure> failure(CK_RV rv);
// The session is gone: the token was taken out, or its module started anew.
bool session_lost(CK_RV rv);

}  // namespace jeton::crypto::pkcs11
