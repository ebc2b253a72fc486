#include "authority/apis/apis.h"

#include <array>

#include "authority/policy/names.h"
#include "authority/policy/scopes.h"
#include "blocks/http/route.h"

namespace jeton::apis {
namespace {

constexpr std::array<std::string_view, 17> kNouns = {
    "apis",   "users", "service-accounts", "devices",  "clients", "tokens",  "sessions", "keys", "rules", "audit",
    "alerts", "feed",  "settings",         "webhooks", "leaks",   "streams", "ssf"};

Status good_routes(const ledger::Api& api) {
  if (api.routes.size() > 500) return refuse(Refusal::Invalid, "routes: at most 500");
  std::vector<http::RoutePattern> seen;
  for (const auto& text : api.routes) {
    auto route = http::RoutePattern::parse(text);
    if (!route) return refuse(Refusal::Invalid, "routes: METHOD /path scope…, for example GET /orders/** orders:read");
    for (const auto& other : seen)
      if (other.method() == route->method() && other.path() == route->path())
        return refuse(Refusal::Invalid, "routes: a method and path stand twice");
    TRY(const auto wanted, policy::parse_scopes(route->scope()));
    if (!policy::subset(wanted, api.scopes)) return refuse(Refusal::Invalid, "routes: a scope that the API does not have");
    seen.push_back(*std::move(route));
  }
  return {};
}

Status check(ledger::Api& api) {
  TRY_VOID(policy::good_name(api.name));
  TRY_VOID(policy::good_audience(api.audience));
  TRY(api.scopes, policy::canonical(std::move(api.scopes)));
  TRY_VOID(policy::good_network(api.network));
  if (api.access_ttl < Seconds(30) || api.access_ttl > Seconds(86400)) return refuse(Refusal::Invalid, "access_ttl: from 30s to 1d");
  if (crypto::info(api.alg).key_type == crypto::KeyType::Oct && api.alg != crypto::SignAlg::HS256)
    return refuse(Refusal::Invalid, "alg: a public-key algorithm, or HS256 for an API that shares a secret");
  return good_routes(api);
}

// The installation's own, by whatever name it is called.
bool is_own(std::string_view name) { return name == kManagement || name == kIdentity; }

}  // namespace

ledger::Scopes management_scopes() {
  // The last two: what receivers of security events ask for elsewhere too (CAEP Interoperability Profile §2.7.2).
  std::vector<std::string> scopes{"jeton:admin", "ssf.manage", "ssf.read"};
  for (const auto noun : kNouns)
    for (const char* verb : {":read", ":write"}) scopes.push_back("jeton:" + std::string(noun) + verb);
  return *policy::canonical(std::move(scopes));
}

Result<ledger::Api> Apis::create(ledger::Api draft, const audit::Doing& doing, const audit::With<ledger::Api>& with) {
  TRY_VOID(check(draft));
  TRY(draft.id, ApiId::make(doing.now, entropy_));
  draft.created = draft.updated = doing.now;
  draft.version = 1;
  TRY(auto event, audit::event(doing, "api.create", draft.id.text(), entropy_));
  TRY(auto changes, audit::together({ledger::Insert<ledger::Api>{draft}, std::move(event)}, with, draft));
  TRY_VOID(ledger_.commit(std::move(changes)));
  return draft;
}

Result<ledger::Api> Apis::update(ledger::Api changed, const audit::Doing& doing) {
  TRY(const auto before, ledger_.api(changed.id));
  if (is_own(changed.name) || (before && is_own(before->name))) return refuse(Refusal::Denied, "the installation's own API is not changed");
  TRY_VOID(check(changed));
  changed.updated = doing.now;
  TRY(auto event, audit::event(doing, "api.update", changed.id.text(), entropy_));
  TRY_VOID(ledger_.commit({ledger::Update<ledger::Api>{changed}, std::move(event)}));
  ++changed.version;
  return changed;
}

Status Apis::remove(const ApiId& id, const audit::Doing& doing) {
  TRY(auto api, ledger_.api(id));
  if (!api || api->deleted) return refuse(Refusal::NotFound, "no such API");
  if (is_own(api->name)) return refuse(Refusal::Denied, "the installation's own API is not deleted");
  api->deleted = api->updated = doing.now;
  TRY(auto event, audit::event(doing, "api.delete", id.text(), entropy_));
  TRY_VOID(ledger_.commit({ledger::Update<ledger::Api>{*api},
                           ledger::EndTokens{ledger::TokensOf(id), ledger::EndReason::ApiDeleted, {}, doing.now}, std::move(event)}));
  return {};
}

Result<ledger::Api> Apis::find(std::string_view called) {
  std::optional<ledger::Api> api;
  if (const auto id = ApiId::parse(called)) {
    TRY(api, ledger_.api(*id));
  } else {
    TRY(api, ledger_.api_named(called));
  }
  if (!api || api->deleted) return refuse(Refusal::NotFound, "no such API");
  return *std::move(api);
}

Status Apis::ensure_management(const audit::Doing& doing) {
  TRY(auto there, ledger_.api_named(kManagement));
  if (there) {
    // A version that has more to manage has more scopes.
    const auto all = management_scopes();
    if (policy::subset(all, there->scopes)) return {};
    there->scopes.insert(there->scopes.end(), all.begin(), all.end());
    TRY(there->scopes, policy::canonical(std::move(there->scopes)));
    there->updated = doing.now;
    TRY(auto event, audit::event(doing, "api.update", there->id.text(), entropy_));
    TRY_VOID(ledger_.commit({ledger::Update<ledger::Api>{*std::move(there)}, std::move(event)}));
    return {};
  }
  ledger::Api api;
  api.name = kManagement;
  api.audience = kManagementAudience;
  api.scopes = management_scopes();
  TRY_VOID(create(std::move(api), doing));
  return {};
}

Status Apis::ensure_identity(const std::string& issuer, const audit::Doing& doing) {
  TRY(auto there, ledger_.api_named(kIdentity));
  if (there && there->audience == issuer) return {};
  if (there) {
    // The installation moved.
    there->audience = issuer;
    there->updated = doing.now;
    TRY_VOID(ledger_.commit({ledger::Update<ledger::Api>{*std::move(there)}}));
    return {};
  }
  ledger::Api api;
  api.name = kIdentity;
  api.audience = issuer;
  api.scopes = {"email", "offline_access", "openid", "profile"};
  TRY_VOID(create(std::move(api), doing));
  return {};
}

}  // namespace jeton::apis
