// Nonces for DPoP proofs (RFC 9449 §8): they say when a proof was made, in our own words, and nobody has to
// remember them.
#pragma once

#include "protocols/oauth/call.h"

namespace jeton::protocols::oauth {

// The nonce of these five minutes.
std::string dpop_nonce(const Rooms& rooms, Instant now);
// Whether it is the nonce of now, or of the five minutes before.
bool good_dpop_nonce(const Rooms& rooms, std::string_view nonce, Instant now);
// Whether the installation wants one in every proof.
Result<bool> dpop_nonce_needed(Rooms& rooms);

}  // namespace jeton::protocols::oauth
