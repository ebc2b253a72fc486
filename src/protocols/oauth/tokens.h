// The token endpoint: one function a grant type.
#pragma once

#include "protocols/oauth/rich/rich.h"

namespace jeton::protocols::oauth {

// /oauth/token
void token(Rooms& rooms, const http::Request& request, http::Response& response, Instant now);

// What an answer of the token endpoint is made of, for any grant that a user gave.
struct Issue {
  grants::Granted granted;
  const Client& client;
  ledger::Scopes scopes;           // of the access token
  std::string confirmation;        // JSON of `cnf`; empty: a bearer token
  apis::Details details;           // of the access token
  bool first;                      // the grant's first answer: its ID token has the nonce
};
Answer issue(const Call& call, const Issue& issue);

// The API of that audience, name or id; nothing where there is none.
Or<std::optional<ledger::Api>> api_called(Rooms& rooms, std::string_view called);
// The API that `resource` or `audience` names, by name, id or audience; nothing where neither is there.
Or<std::optional<ledger::Api>> named_api(Rooms& rooms, const http::Form& form);
// [RFC8707 §2.2] A grant is for one API: `resource` or `audience` names that one, or is not there. invalid_target otherwise.
Answer fits_resource(const Call& call, const ApiId& api);
// Of scopes that name no API: the one API that has all of them but OpenID Connect's own; the openid API where there are no others.
Or<ledger::Api> api_of_scopes(Rooms& rooms, const ledger::Scopes& scopes);

Answer exchange(const Call& call);               // RFC 8693
Answer device_code(const Call& call, const Client& client);   // RFC 8628 §3.4

// What a grant's scopes are now: without those that were taken from the client or the API since. invalid_scope where none is left.
Or<ledger::Scopes> still_held(const Client& client, const ledger::Api& api, const ledger::Scopes& granted);

ledger::Scopes without_identity(const ledger::Scopes& scopes);

}  // namespace jeton::protocols::oauth
