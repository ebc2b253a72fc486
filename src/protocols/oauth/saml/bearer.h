// SAML assertions at the token endpoint: as a grant, as a client's proof (RFC 7522), and exchanged for tokens and back (RFC 8693).
#pragma once

#include "protocols/oauth/tokens.h"

namespace jeton::protocols::oauth {

inline constexpr std::string_view kSamlGrant = "urn:ietf:params:oauth:grant-type:saml2-bearer";
inline constexpr std::string_view kSamlClientAssertion = "urn:ietf:params:oauth:client-assertion-type:saml2-bearer";
inline constexpr std::string_view kSamlToken = "urn:ietf:params:oauth:token-type:saml2";

// [RFC7522 §2.1] of an identity provider whose record says that its assertions are taken; once.
Answer saml_grant(const Call& call, const Client& client);
// [RFC7522 §2.2] of an identity provider whose record names the client; once. invalid_client whatever is wrong.
Or<ClientPtr> client_by_saml(const Call& call, std::string_view assertion);

// requested_token_type saml2: an assertion of the subject token's user for a service provider, where its record names a scope and the token has it.
Answer exchange_for_saml(const Call& call, const ledger::Token& subject);
// subject_token_type saml2: such an assertion back for an access token of the token it came from; by the service provider's client, once.
Answer exchange_saml(const Call& call);

}  // namespace jeton::protocols::oauth
