// RFC 7522: an assertion in place of a code, and in place of a client's secret.
#include <algorithm>

#include "authority/federation/arrivals.h"
#include "authority/policy/scopes.h"
#include "protocols/oauth/proof/binding.h"
#include "protocols/oauth/saml/assertion.h"
#include "protocols/oauth/saml/bearer.h"

namespace jeton::protocols::oauth {
namespace {

std::unexpected<Error> unknown() { return error(401, "invalid_client", "client authentication failed"); }

struct Wanted {
  ledger::Api api;
  ledger::Scopes scopes;
};

// What the client asks for, or all that it may have at the API.
Or<Wanted> wanted_of(const Call& call, const Client& client) {
  const auto asked = policy::parse_scopes(call.form.get("scope").value_or(""));
  if (!asked || !policy::subset(*asked, client.record.scopes)) return error(400, "invalid_scope", "not all of them are the client's");
  auto named = named_api(call.rooms, call.form);
  if (!named) return std::unexpected(named.error());
  auto api = *std::move(named);
  if (!api) {
    auto found = api_of_scopes(call.rooms, asked->empty() ? client.record.scopes : *asked);
    if (!found) return std::unexpected(found.error());
    api = *std::move(found);
  }
  // As at the authorization endpoint: power over the installation is given by its administrator.
  if (api->name == apis::kManagement) return error(400, "invalid_target", "the management API is not open to applications of users");
  ledger::Scopes scopes;
  for (const auto& s : asked->empty() ? client.record.scopes : *asked)
    if (std::binary_search(api->scopes.begin(), api->scopes.end(), s)) scopes.push_back(s);
  if (scopes.empty() || !policy::subset(*asked, scopes)) return error(400, "invalid_scope", "not scopes of this API");
  return Wanted{*std::move(api), std::move(scopes)};
}

}  // namespace

Answer saml_grant(const Call& call, const Client& client) {
  const auto assertion = call.form.get("assertion");
  if (!assertion) return error(400, "invalid_request", "assertion is needed");
  const auto proof = binding_of(call, client);
  if (!proof) return std::unexpected(proof.error());
  OAUTH_TRY(auto by, vouched(call, *assertion), "invalid_grant");
  if (!by.by.grants) return error(400, "invalid_grant", "this identity provider's assertions are not taken here");
  auto wanted = wanted_of(call, client);
  if (!wanted) return std::unexpected(wanted.error());
  OAUTH_TRY(const auto arrival, federation::arrival_of(by.by, by.login), "invalid_grant");
  const auto actor = actor_of(call, client.record.id.text());
  const audit::Doing doing{actor, call.now};
  federation::Arrivals arrivals(call.rooms.ledger, call.rooms.principals, call.rooms.entropy);
  OAUTH_TRY(const auto user, arrivals.settle(by.by, arrival, doing), "invalid_grant");
  grants::Approval approval;
  approval.principal = user.id;
  approval.client = client.record.id;
  approval.api = wanted->api.id;
  approval.scopes = wanted->scopes;
  approval.proof = {std::min(by.login.authenticated, call.now), "fed", "1"};
  // [RFC7521 §4.1] No refresh token: another assertion is what renews this.
  auto profile = client.profile;
  profile.grants = {std::string(kSamlGrant)};
  auto granted = call.rooms.grants.grant(approval, {client.record, profile, *proof}, {std::move(by.once)}, doing);
  if (!granted && granted.error().is(Refusal::Conflict)) return error(400, "invalid_grant", "the assertion was used before");
  if (!granted) return std::unexpected(error_of(granted.error(), "invalid_grant"));
  return issue(call, {*std::move(granted), client, wanted->scopes, *proof, {}, true});
}

Or<ClientPtr> client_by_saml(const Call& call, std::string_view assertion) {
  auto by = vouched(call, assertion);
  if (!by && by.error().is_fault()) return std::unexpected(error_of(by.error(), "invalid_client"));
  if (!by) return unknown();
  // [RFC7522 §3] the subject is the client_id
  const auto& id = by->login.subject.value;
  const auto named = call.form.get("client_id");
  if (named && *named != id) return unknown();
  auto client = find_client(call.rooms, id);
  if (!client && client.error().is_fault()) return std::unexpected(error_of(client.error(), "invalid_client"));
  if (!client || std::ranges::find(by->by.clients, client->record.id) == by->by.clients.end()) return unknown();
  const auto first = call.rooms.ledger.commit({std::move(by->once)});
  if (!first && first.error().is_fault()) return std::unexpected(error_of(first.error(), "invalid_client"));
  if (!first) return error(401, "invalid_client", "the client assertion was used before");
  return std::make_unique<const Client>(*std::move(client));
}

}  // namespace jeton::protocols::oauth
