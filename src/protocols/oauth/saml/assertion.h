// An assertion as parameters carry it, and what is held of every one.
#pragma once

#include "authority/federation/identity_providers.h"
#include "formats/saml/login.h"
#include "protocols/oauth/call.h"

namespace jeton::protocols::oauth {

// base64url, padding allowed (RFC 7522 §2.1).
Result<std::string> decode_assertion(std::string_view parameter);
// Who it says it is from; to find keys with, and for nothing else.
Result<std::string> claimed_issuer(std::string_view assertion);

struct Vouched {
  federation::IdentityProvider by;
  saml::Login login;
  ledger::Change once;   // to be committed with what it is good for: Conflict where it was used before
};
// [RFC7522 §3] of a registered identity provider; for us, at this endpoint, not for long. Refusals as saml::verify_assertion has them.
Result<Vouched> vouched(const Call& call, std::string_view parameter);

}  // namespace jeton::protocols::oauth
