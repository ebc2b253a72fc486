// APIs: audiences with their scopes, routes and token form.
#pragma once

#include "authority/audit/event.h"

namespace jeton::apis {

// The management API of this installation: made at first start, its scopes are the management scopes.
inline constexpr std::string_view kManagement = "jeton";
inline constexpr std::string_view kManagementAudience = "urn:jeton:management";
// What an access token is for that names no API: the person's claims at userinfo. Its audience is the issuer.
inline constexpr std::string_view kIdentity = "openid";
// "jeton:admin", read and write for every noun, and the two of shared signals by their common names.
ledger::Scopes management_scopes();

// Every method: Invalid with the member's name in front of the detail; Conflict where the name or audience is taken. Any thread.
class Apis {
 public:
  Apis(ledger::Ledger& ledger, Entropy& entropy) : ledger_(ledger), entropy_(entropy) {}

  // Fills id, times and version.
  Result<ledger::Api> create(ledger::Api draft, const audit::Doing& doing, const audit::With<ledger::Api>& with = {});
  // The record as it should be, at the version that was read.
  Result<ledger::Api> update(ledger::Api changed, const audit::Doing& doing);
  // Ends its tokens.
  Status remove(const ApiId& id, const audit::Doing& doing);
  // By id, or by name.
  Result<ledger::Api> find(std::string_view called);
  Status ensure_management(const audit::Doing& doing);
  Status ensure_identity(const std::string& issuer, const audit::Doing& doing);

 private:
  ledger::Ledger& ledger_;
  Entropy& entropy_;
};

}  // namespace jeton::apis
