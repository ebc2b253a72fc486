// ID tokens and the claims of a person (OpenID Connect Core).
#pragma once

#include "blocks/json/writer.h"
#include "protocols/oauth/client_auth.h"

namespace jeton::protocols::oidc {

struct Subject {
  const grants::Granted& granted;
  const oauth::Client& client;
  std::string_view access_token;
  bool first;                      // with the nonce (OIDC Core §12.2: not after a refresh)
};

// [OIDC Core §2, §3.1.3.6] signed by the client's algorithm; its key is made at the first need.
Result<std::string> id_token(Rooms& rooms, const Subject& subject, const audit::Doing& doing);

// The claims of a person that these scopes show (profile, email), and those that were asked for by name and agreed to.
void person_claims(json::Writer& w, const ledger::Principal& user, const ledger::Scopes& scopes, const std::vector<std::string>& asked);
// Signs claims with the installation's key of that algorithm, made where there is none.
Result<std::string> sign(Rooms& rooms, std::string_view alg, std::string_view typ, std::string_view claims, const audit::Doing& doing);

// /oauth/userinfo (OIDC Core §5.3)
void userinfo(Rooms& rooms, const http::Request& request, http::Response& response, Instant now);

}  // namespace jeton::protocols::oidc
