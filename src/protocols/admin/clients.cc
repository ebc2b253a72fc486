#include "authority/ledger/pages.h"
#include "authority/policy/scopes.h"
#include "ground/secret_pass.h"
#include "protocols/admin/body.h"
#include "protocols/admin/render.h"

namespace jeton::protocols::admin {
namespace {

#define PROFILE_MEMBERS                                                                                                             \
  "token_endpoint_auth_method", "grant_types", "post_logout_redirect_uris", "jwks", "tls_client_auth_subject_dn",                   \
      "backchannel_logout_uri", "tls_client_auth_san_dns", "tls_client_auth_san_uri", "tls_client_certificate_bound_access_tokens", \
      "backchannel_logout_session_required", "userinfo_signed_response_alg", "introspection_signed_response_alg",                   \
      "request_object_signing_alg", "require_signed_request_object", "client_uri", "id_token_signed_response_alg",                  \
      "dpop_bound_access_tokens", "require_pushed_authorization_requests", "access_token_ttl", "refresh_token_ttl", "first_party",  \
      "nonce_for_pkce", "fapi2", "jwks_uri", "authorization_details_types"

Status read(const Call& call, const Body& body, ledger::Client& client) {
  TRY(auto name, body.text("name"));
  TRY(auto redirects, body.list("redirect_uris"));
  TRY(auto scopes, body.list("scopes"));
  TRY_VOID(read_network(call, body, client.network));
  TRY_VOID(read_limits(body, client.limits));
  if (name) client.name = *std::move(name);
  if (redirects) client.redirects = *std::move(redirects);
  if (scopes) client.scopes = *std::move(scopes);
  TRY(auto profile, clients::read_profile(client));
  TRY_VOID(clients::apply(body.value(), profile));
  if (!profile.jwks_uri.empty() && !call.rooms.program.may_call(profile.jwks_uri))
    return refuse(Refusal::Invalid, "jwks_uri: not an address that this server calls (setting outbound.allow)");
  TRY(const auto first_party, body.flag("first_party"));
  TRY(const auto nonce_for_pkce, body.flag("nonce_for_pkce"));
  TRY(const auto fapi, body.flag("fapi2"));
  if (fapi) profile.fapi = *fapi;
  if (first_party) profile.first_party = *first_party;
  if (nonce_for_pkce) profile.nonce_for_pkce = *nonce_for_pkce;
  TRY_VOID(clients::good_fapi(profile));
  client.profile = clients::write(profile);
  return body.same_version(client.version);
}

Result<ledger::Client> called(Call& call) {
  if (const auto id = ClientId::parse(call.id)) return call.rooms.clients.find(*id);
  std::optional<ledger::Client> found;
  TRY_VOID(ledger::each_of<ClientId>([&](const auto& page) { return call.rooms.ledger.clients(page); },
                                     [&](ledger::Client& client) -> Result<bool> {
                                       if (client.name == call.id) found = std::move(client);
                                       return !found;
                                     }));
  if (!found) return refuse(Refusal::NotFound, "no such client");
  return *std::move(found);
}

// Whoever can change a client can be it. Of the management API nobody is given more than they have.
Status no_way_up(Call& call, const ledger::Client& client) {
  TRY(const auto management, call.rooms.apis.find(apis::kManagement));
  for (const auto& scope : client.scopes)
    if (policy::subset({scope}, management.scopes) && !call.caller.may(scope))
      return refuse(Refusal::Denied, "the client has a management scope that its maker has not");
  return {};
}

// The record with its secret, once.
void render_registered(json::Writer& w, const clients::Registered& made) {
  std::string record;
  json::Writer inner(record);
  render(inner, made.record);
  record.pop_back();
  if (!made.secret.empty()) {
    record += ",\"secret\":\"";
    record += as_text(made.secret.read(Pass::key()));
    record += '"';
  }
  record += '}';
  w.raw(record);
}

}  // namespace

Status list_clients(Call& call) {
  TRY(const auto query, Query::parse(call.request.query, {}));
  TRY(const auto page, page_of<ClientId>(query.page.cursor, query.page.limit));
  TRY(auto items, call.rooms.ledger.clients(page));
  return answer_page(call, items, query.page.limit);
}

Status create_client(Call& call) {
  TRY(const auto body,
      Body::parse(call.request.body, {"name", "type", "redirect_uris", "scopes", "allow", "deny", "limits", PROFILE_MEMBERS}));
  ledger::Client client;
  TRY(client.name, body.needed("name"));
  TRY(const auto type, body.needed("type"));
  const auto known = clients::type(type);
  if (!known) return refuse(Refusal::Invalid, "type: web, spa, native or machine");
  client.type = *known;
  TRY_VOID(read(call, body, client));
  TRY_VOID(no_way_up(call, client));
  TRY_VOID(call.rooms.clients.create(std::move(client), call.doing(), [&](const clients::Registered& made) {
    return created(call, "/v1/clients/" + made.record.id.text(), [&](json::Writer& w) { render_registered(w, made); });
  }));
  return {};
}

Status show_client(Call& call) {
  TRY(const auto client, called(call));
  return answer(call, client);
}

Status update_client(Call& call) {
  TRY(const auto body,
      Body::parse(call.request.body, {"name", "redirect_uris", "scopes", "allow", "deny", "limits", "version", PROFILE_MEMBERS}));
  TRY(auto client, called(call));
  TRY_VOID(no_way_up(call, client));
  TRY_VOID(read(call, body, client));
  TRY_VOID(no_way_up(call, client));
  TRY(const auto updated, call.rooms.clients.update(std::move(client), call.doing()));
  return answer(call, updated);
}

Status rotate_client_secret(Call& call) {
  TRY(const auto body, Body::parse(call.request.body, {"overlap"}));
  TRY(const auto overlap, body.duration("overlap"));
  TRY(const auto client, called(call));
  TRY_VOID(no_way_up(call, client));
  TRY(const auto made, call.rooms.clients.rotate_secret(client.id, overlap.value_or(Seconds(86400)), call.doing()));
  call.response.field("Content-Type", "application/json");
  call.response.field("Cache-Control", "no-store");
  json::Writer w(call.response.body);
  render_registered(w, made);
  return {};
}

Status delete_client(Call& call) {
  TRY(const auto client, called(call));
  TRY_VOID(call.rooms.clients.remove(client.id, call.doing()));
  call.response.status = 204;
  return {};
}

}  // namespace jeton::protocols::admin
