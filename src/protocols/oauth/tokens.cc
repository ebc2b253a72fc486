#include "protocols/oauth/tokens.h"

#include <algorithm>

#include "authority/ledger/pages.h"
#include "authority/policy/scopes.h"
#include "blocks/json/writer.h"
#include "ground/secret_pass.h"
#include "protocols/oauth/proof/binding.h"
#include "protocols/oauth/saml/bearer.h"
#include "protocols/oidc/id_token.h"
#include "protocols/whereabouts.h"

namespace jeton::protocols::oauth {
namespace {

// What the grant's login adds to a JWT (RFC 9068 §2.2.1).
std::string login_claims(const grants::Granted& g) {
  std::string out;
  if (g.proof.methods.empty()) return out;
  json::Writer w(out);
  w.member("auth_time", g.proof.authenticated.seconds()).member("acr", g.proof.acr);
  w.key("amr").array();
  for (std::string_view rest = g.proof.methods; !rest.empty();) {
    const auto word = rest.substr(0, rest.find(' '));
    rest.remove_prefix(std::min(word.size() + 1, rest.size()));
    w.string(word);
  }
  w.end_array();
  return out;
}

Or<std::string> needed(const Call& call, std::string_view name, std::string_view missing) {
  const auto value = call.form.get(name);
  if (!value || value->empty()) return error(400, "invalid_request", missing);
  return std::string(*value);
}

Or<ledger::Scopes> held_now(const Call& call, const Client& client, const ledger::Token& grant, const ledger::Scopes& wanted = {}) {
  OAUTH_TRY(const auto api, call.rooms.ledger.api(grant.api), "invalid_grant");
  if (!api) return error(400, "invalid_grant", "the API is gone");
  return still_held(client, *api, wanted.empty() ? grant.scopes : wanted);
}

Answer authorization_code(const Call& call, const Client& client) {
  const auto code = needed(call, "code", "code is needed");
  if (!code) return std::unexpected(code.error());
  const auto proof = binding_of(call, client);
  if (!proof) return std::unexpected(proof.error());
  const auto actor = actor_of(call, client.record.id.text());
  const grants::Presented by{client.record, client.profile, *proof};
  OAUTH_TRY(auto granted,
            call.rooms.grants.redeem_code(*code, call.form.get("redirect_uri").value_or(""), call.form.get("code_verifier"), by,
                                          {actor, call.now}),
            "invalid_grant");
  auto details = details_of(call.rooms, client, granted.grant, call.form);
  if (const auto fits = fits_resource(call, granted.grant.api); !fits) details = std::unexpected(fits.error());
  if (const auto held = held_now(call, client, granted.grant); !held) details = std::unexpected(held.error());
  if (!details) {
    // The code is used up, and nobody holds what was made of it.
    OAUTH_TRY_VOID(
        call.rooms.tokens.revoke({ledger::TokensOf(granted.grant.id), ledger::EndReason::Revoked, {}, call.now}, {actor, call.now}));
    return std::unexpected(details.error());
  }
  auto scopes = granted.grant.scopes;
  return issue(call, {std::move(granted), client, std::move(scopes), *proof, *std::move(details), true});
}

Answer refresh_token(const Call& call, const Client& client) {
  const auto text = needed(call, "refresh_token", "refresh_token is needed");
  if (!text) return std::unexpected(text.error());
  const auto proof = binding_of(call, client);
  if (!proof) return std::unexpected(proof.error());
  // [RFC6749 §6] fewer scopes, never more; looked at before anything is used up
  const auto wanted = policy::parse_scopes(call.form.get("scope").value_or(""));
  if (!wanted) return error(400, "invalid_scope");
  const grants::Presented by{client.record, client.profile, *proof};
  OAUTH_TRY(auto shown, call.rooms.grants.shown(*text, by, call.now), "invalid_grant");
  const auto asked_of = [&](const ledger::Token& grant) -> Or<apis::Details> {
    if (!policy::subset(*wanted, grant.scopes)) return error(400, "invalid_scope", "more than the grant has");
    const auto left = held_now(call, client, grant, *wanted);
    if (!left) return std::unexpected(left.error());
    if (left->size() < wanted->size()) return error(400, "invalid_scope", "more than the client or the API has now");
    if (const auto fits = fits_resource(call, grant.api); !fits) return std::unexpected(fits.error());
    // [RFC9396 §6] likewise
    return details_of(call.rooms, client, grant, call.form);
  };
  // One that was used is judged for that first, whatever it asks for.
  const bool usable = grants::Grants::usable(shown, call.now);
  auto details = usable ? asked_of(shown.grant) : Or<apis::Details>();
  if (!details) return std::unexpected(details.error());
  const auto actor = actor_of(call, client.record.id.text());
  OAUTH_TRY(auto done, call.rooms.grants.refresh(std::move(shown), by, {actor, call.now}), "invalid_grant");
  if (done.reused) {
    ledger::Alert alert;
    alert.rule = "refresh_reuse";
    alert.severity = ledger::Severity::Critical;
    alert.token = alert.family = *done.reused;
    json::Writer(alert.evidence).object().member("client", client.record.id.text()).optional("address", call.address.text()).end_object();
    (void)call.rooms.alerts.raise(std::move(alert), call.now);
    return error(400, "invalid_grant", "the refresh token was used before; its grant has been revoked");
  }
  const auto& granted = *done.granted;
  if (!usable) details = asked_of(granted.grant);
  if (!details) return std::unexpected(details.error());
  auto scopes = wanted->empty() ? granted.grant.scopes : *wanted;
  return issue(call, {*std::move(done.granted), client, std::move(scopes), *proof, *std::move(details), false});
}

// [RFC6749 §4.4] for clients that act for themselves
Answer client_credentials(const Call& call, const Client& client) {
  if (!clients::confidential(client.record, client.profile)) return error(400, "unauthorized_client", "a public client has no credentials");
  const auto wanted = policy::parse_scopes(call.form.get("scope").value_or(""));
  if (!wanted) return error(400, "invalid_scope");
  if (wanted->empty() ? false : !policy::subset(*wanted, client.record.scopes))
    return error(400, "invalid_scope", "not all of them are the client's");
  auto named = named_api(call.rooms, call.form);
  if (!named) return std::unexpected(named.error());
  auto api = *std::move(named);
  const bool by_details = wanted->empty() && call.form.get(kDetails);
  if (!api) {
    auto found =
        by_details ? api_of_details(call.rooms, call.form) : api_of_scopes(call.rooms, wanted->empty() ? client.record.scopes : *wanted);
    if (!found) return std::unexpected(found.error());
    api = *std::move(found);
  }
  ledger::Scopes scopes;
  for (const auto& s : client.record.scopes)
    if (std::binary_search(api->scopes.begin(), api->scopes.end(), s)) scopes.push_back(s);
  if (!policy::subset(*wanted, scopes)) return error(400, "invalid_scope", "not scopes of this API");
  auto details = details_asked(call.rooms, client, *api, call.form);
  if (!details) return std::unexpected(details.error());
  if (scopes.empty() && details->none()) return error(400, "invalid_scope", "the client has no scope at this API");
  const auto proof = binding_of(call, client);
  if (!proof) return std::unexpected(proof.error());
  const auto actor = actor_of(call, client.record.id.text());
  OAUTH_TRY(auto grant, call.rooms.grants.own_grant(client.record, *api, scopes, {actor, call.now}), "invalid_client");
  grants::Granted granted;
  granted.grant = std::move(grant);
  // Who asks for details alone gets no scopes with them.
  return issue(call, {std::move(granted), client, wanted->empty() && !by_details ? scopes : *wanted, *proof, *std::move(details), true});
}

Answer by_grant(const Call& call) {
  const auto grant = call.form.get("grant_type");
  if (!grant) return error(400, "invalid_request", "grant_type is needed");
  // What these are given for has scopes alone: details would be more.
  if ((*grant == kExchangeGrant || *grant == kSamlGrant) && call.form.get(kDetails))
    return error(400, "invalid_authorization_details", "wider than what was shown");
  if (*grant == kExchangeGrant) return exchange(call);
  using Redeem = Answer (*)(const Call&, const Client&);
  static constexpr std::pair<std::string_view, Redeem> kGrants[] = {{"authorization_code", authorization_code},
                                                                    {"refresh_token", refresh_token},
                                                                    {"client_credentials", client_credentials},
                                                                    {kDeviceGrant, device_code},
                                                                    {kSamlGrant, saml_grant}};
  for (const auto& [name, redeem] : kGrants) {
    if (name != *grant) continue;
    const auto found = needed_client(call);
    if (!found) return std::unexpected(found.error());
    const Client& client = **found;
    if (!clients::may_grant(client.record, client.profile, name))
      return error(400, "unauthorized_client", "the client is not registered for this grant type");
    return redeem(call, client);
  }
  return error(400, "unsupported_grant_type", "authorization_code, refresh_token, client_credentials, device_code or token-exchange");
}

}  // namespace

ledger::Scopes without_identity(const ledger::Scopes& scopes) {
  ledger::Scopes out;
  for (const auto& s : scopes)
    if (!policy::is_identity_scope(s)) out.push_back(s);
  return out;
}

Or<ledger::Scopes> still_held(const Client& client, const ledger::Api& api, const ledger::Scopes& granted) {
  auto left = policy::left_of(policy::left_of(granted, client.record.scopes), api.scopes);
  if (left.empty() && !granted.empty()) return error(400, "invalid_scope", "the client has none of the grant's scopes any more");
  return left;
}

Or<std::optional<ledger::Api>> api_called(Rooms& rooms, std::string_view called) {
  OAUTH_TRY(auto at, rooms.ledger.api_at(called), "invalid_target");
  if (at) return at;
  OAUTH_TRY(auto named, rooms.ledger.api_named(called), "invalid_target");
  if (named) return named;
  const auto id = ApiId::parse(called);
  if (!id) return std::nullopt;
  OAUTH_TRY(auto api, rooms.ledger.api(*id), "invalid_target");
  if (api && api->deleted) api.reset();
  return api;
}

Or<std::optional<ledger::Api>> named_api(Rooms& rooms, const http::Form& form) {
  std::optional<ledger::Api> named;
  for (const auto name : {"resource", "audience"}) {
    const auto called = form.get(name);
    if (!called || called->empty()) continue;
    auto api = api_called(rooms, *called);
    if (!api) return api;
    if (!*api) return error(400, "invalid_target", "no API has this audience");
    if (named && named->id != (*api)->id) return error(400, "invalid_target", "resource and audience name two APIs");
    named = *std::move(api);
  }
  return named;
}

Answer fits_resource(const Call& call, const ApiId& api) {
  const auto named = named_api(call.rooms, call.form);
  if (!named) return std::unexpected(named.error());
  if (*named && (*named)->id != api) return error(400, "invalid_target", "the grant is for another API");
  return {};
}

Or<ledger::Api> api_of_scopes(Rooms& rooms, const ledger::Scopes& scopes) {
  const auto wanted = without_identity(scopes);
  if (wanted.empty()) {
    OAUTH_TRY(auto api, rooms.apis.find(apis::kIdentity), "invalid_target");
    return api;
  }
  std::optional<ledger::Api> found;
  bool more = false;
  OAUTH_TRY_VOID(ledger::each_of<ApiId>([&](const auto& page) { return rooms.ledger.apis(page); },
                                        [&](ledger::Api& api) -> Result<bool> {
                                          if (!policy::subset(wanted, api.scopes)) return true;
                                          more = found.has_value();
                                          if (!more) found = std::move(api);
                                          return !more;
                                        }));
  if (more) return error(400, "invalid_target", "more than one API has these scopes: name one with resource");
  if (!found) return error(400, "invalid_scope", "no API has all of these scopes");
  return *std::move(found);
}

Answer issue(const Call& call, const Issue& it) {
  auto& rooms = call.rooms;
  const auto& grant = it.granted.grant;
  OAUTH_TRY(const auto api, rooms.ledger.api(grant.api), "invalid_target");
  if (!api || api->deleted) return error(400, "invalid_target", "the API is gone");
  OAUTH_TRY(const bool here, may_enter(rooms, grant.principal, call.address), "access_denied");
  if (!here || !rooms.verifier.lets_in(api->network, call.address)) return error(400, "access_denied", "not from this network");
  const auto scopes = still_held(it.client, *api, it.scopes);
  if (!scopes) return std::unexpected(scopes.error());
  const auto actor = actor_of(call, it.client.record.id.text());
  mint::Order order{grant, *api, *scopes, it.client.profile.access_ttl, it.confirmation, login_claims(it.granted)};
  order.details = it.details.text();
  OAUTH_TRY(const auto minted, rooms.access_tokens.mint(order, *rooms.signing_keys.ring(), {actor, call.now}), "invalid_scope");
  const auto access = as_text(minted.text.read(Pass::key()));
  std::string id_token;
  if (std::binary_search(it.scopes.begin(), it.scopes.end(), "openid") && grant.principal.kind() == PrincipalKind::User) {
    OAUTH_TRY(id_token, oidc::id_token(rooms, {it.granted, it.client, access, it.first}, {actor, call.now}), "server_error");
  }
  json_head(call.response);
  cors(call.request, call.response, {});
  json::Writer w(call.response.body);
  w.object().member("access_token", access).member("token_type", type_of(it.confirmation));
  w.member("expires_in", minted.expires.seconds() - call.now.seconds()).member("scope", policy::joined(minted.scopes));
  // [RFC9396 §7] as they were granted
  if (!it.details.none()) w.key(kDetails).raw(it.details.text());
  if (it.granted.refresh) w.member("refresh_token", as_text(it.granted.refresh->read(Pass::key())));
  if (!id_token.empty()) w.member("id_token", id_token);
  w.end_object();
  return {};
}

void token(Rooms& rooms, const http::Request& request, http::Response& response, Instant now) {
  if (cors(request, response, "POST")) return;
  response.clear();
  const auto call = call_of(rooms, request, response, now);
  if (!call) return write(call.error(), request, response);
  if (const auto done = by_grant(*call); !done) write(done.error(), request, response);
}

}  // namespace jeton::protocols::oauth
