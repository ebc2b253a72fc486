// What the tokens of a call are bound to: a key that signed a proof (RFC 9449), or the certificate of the
// connection (RFC 8705).
#pragma once

#include "protocols/oauth/client_auth.h"

namespace jeton::protocols::oauth {

// JSON of `cnf`; empty: nothing, a bearer token. A client that is registered for bound tokens gets no others.
Or<std::string> binding_of(const Call& call, const Client& client);
// The token_type of what is bound so: DPoP by a key, Bearer by a certificate or by nothing.
std::string_view type_of(std::string_view confirmation);
// JSON of `cnf` for a certificate (RFC 8705 §3.1).
std::string confirmation_of(const http::ClientCertificate& certificate);
// Whether the certificate of the call shows that it is this client (RFC 8705 §2).
bool shown_by_certificate(const Call& call, const Client& client);

}  // namespace jeton::protocols::oauth
