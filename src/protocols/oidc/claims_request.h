// The claims parameter: single claims that an application asks for (OIDC Core §5.5).
#pragma once

#include "authority/ledger/records.h"
#include "ground/result.h"

namespace jeton::protocols::oidc {

struct ClaimsRequest {
  std::vector<std::string> id_token, userinfo;  // names, as they were asked for
  std::string subject;                          // `sub` with a value: it must be this person
  // `acr` of the ID token: what is wanted, and whether less will not do. 0: not asked for, or nothing that is
  // known here.
  int acr = 0;
  bool acr_essential = false;
};

// Malformed: not what §5.5 describes. Claims that are not known are kept by name, and never answered.
Result<ClaimsRequest> read_claims_request(std::string_view json);

// The scopes under which a person agrees to show those claims: "profile", "email".
ledger::Scopes scopes_of(const ClaimsRequest& request);

}  // namespace jeton::protocols::oidc
