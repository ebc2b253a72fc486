// The keys that a client signs with: registered by value, or kept at an address of its own (jwks_uri).
#pragma once

#include "formats/jose/header.h"
#include "formats/jose/jwk.h"
#include "protocols/oauth/client_auth.h"

namespace jeton::protocols::oauth {

// All of them, as they are known now. An address is read by way of the program, and what was read is kept for
// minutes. Denied: there is no set of public keys there. A fault: it cannot be read for now.
Result<jose::JwkSet> keys_of(Rooms& rooms, const Client& client);
// The one that a header means; the algorithm is the key's. Where it is not known, the address is read again,
// as often as the program allows. UnknownKey: none fits, or more than one.
Result<crypto::VerifyKey> client_key(Rooms& rooms, const Client& client, const jose::Header& header);

}  // namespace jeton::protocols::oauth
