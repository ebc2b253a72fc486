#include "protocols/oauth/endpoints.h"

#include "authority/policy/scopes.h"
#include "blocks/http/authorization.h"
#include "blocks/http/form.h"
#include "blocks/json/writer.h"
#include "ground/secret_pass.h"
#include "protocols/proxy.h"

namespace jeton::protocols::oauth {
namespace {

constexpr std::string_view kExchange = "urn:ietf:params:oauth:grant-type:token-exchange";
constexpr std::string_view kAccessToken = "urn:ietf:params:oauth:token-type:access_token";
constexpr std::string_view kJwt = "urn:ietf:params:oauth:token-type:jwt";

// An OAuth error (RFC 6749 §5.2). Texts are literals.
struct Error {
  int status;
  std::string_view code, description;
};

void json_head(http::Response& response) {
  response.field("Content-Type", "application/json");
  response.field("Cache-Control", "no-store");
  response.field("Pragma", "no-cache");
}

void write(const Error& error, http::Response& response) {
  response.clear();
  response.status = error.status;
  json_head(response);
  if (error.status == 401) response.field("WWW-Authenticate", "Basic realm=\"jeton\"");
  json::Writer w(response.body);
  w.object().member("error", error.code);
  if (!error.description.empty()) w.member("error_description", error.description);
  w.end_object();
}

Error error_of(const Failure& failure) {
  if (failure.is_fault()) return {503, "temporarily_unavailable", "try again soon"};
  if (failure.is(Refusal::Denied)) return {400, "invalid_scope", "wider than the subject token"};
  if (failure.is(Refusal::NotFound)) return {400, "invalid_target", "no such API"};
  return {400, "invalid_request", failure.detail()};
}

using Answer = std::expected<void, Error>;
std::unexpected<Error> error(int status, std::string_view code, std::string_view description = {}) {
  return std::unexpected(Error{status, code, description});
}

std::expected<http::Form, Error> form_of(const http::Request& request) {
  if (request.method != "POST") return error(405, "invalid_request", "POST is expected");
  const auto type = request.field("content-type");
  if (!type || !http::iequals(type->substr(0, type->find(';')), "application/x-www-form-urlencoded"))
    return error(400, "invalid_request", "a form is expected");
  // [RFC6749 §3.2] tokens and secrets are never in the address
  if (!request.query.empty()) return error(400, "invalid_request", "parameters belong into the body");
  auto form = http::Form::parse(request.body);
  if (!form) return error(400, "invalid_request", form.error().detail());
  return *std::move(form);
}

struct Authenticated {
  std::optional<ledger::Client> client;
  bool manager = false;   // a management token, or the local administrator
};

// A client by Basic or by its id and secret in the form, a manager by bearer token or socket. Nobody: neither is set.
std::expected<Authenticated, Error> authenticate(Rooms& rooms, const http::Request& request, const http::Form& form, Instant now) {
  Authenticated who;
  const auto basic = http::basic(request);
  const auto bearer = http::bearer(request);
  if (!basic || !bearer) return error(400, "invalid_request", "the Authorization field is malformed");
  const auto id = form.get("client_id"), secret = form.get("client_secret");
  if (*basic && secret) return error(400, "invalid_request", "two ways to authenticate at once");
  if (*basic || secret) {
    auto client = *basic ? rooms.clients.authenticate((*basic)->user, (*basic)->password, now)
                         : rooms.clients.authenticate(id.value_or(""), *secret, now);
    if (!client && client.error().is_fault()) return std::unexpected(error_of(client.error()));
    if (!client) return error(401, "invalid_client");
    who.client = *std::move(client);
    return who;
  }
  if (*bearer) {
    const verify::Reading reading(rooms.verifier);
    const auto d = reading.decide(**bearer, {apis::kManagement, {}, {}, {}, caller_address(request, rooms.facts.trusted_proxies)}, now);
    who.manager = d.allow() && (verify::holds_all(d.token->scope(), "jeton:admin") || verify::holds_all(d.token->scope(), "jeton:tokens:read"));
    if (!who.manager) return error(401, "invalid_client");
    return who;
  }
  who.manager = request.origin.administrator;
  return who;
}

Result<ledger::Api> target(Rooms& rooms, const http::Form& form, const ledger::Token& subject) {
  for (const auto name : {"resource", "audience"}) {
    const auto called = form.get(name);
    if (!called) continue;
    TRY(const auto own, rooms.ledger.api(subject.api));
    if (own && (own->audience == *called || own->name == *called || own->id.text() == *called)) return *own;
    return refuse(Refusal::NotFound);
  }
  return rooms.apis.find(subject.api.text());
}

// The subject token, live and ours, as the ledger has it. One answer for all that is wrong with it.
std::expected<ledger::Token, Error> subject_of(Rooms& rooms, const http::Request& request, const http::Form& form, Instant now) {
  const auto invalid = error(400, "invalid_request", "the subject token is not valid");
  const auto text = form.get("subject_token");
  const auto type = form.get("subject_token_type");
  if (!text || !type) return error(400, "invalid_request", "subject_token and subject_token_type are needed");
  if (*type != kAccessToken) return error(400, "invalid_request", "subject_token_type: an access token is expected");
  TokenId id;
  {
    const verify::Reading reading(rooms.verifier);
    const auto d = reading.decide(*text, {.api = {}, .scope = {}, .method = {}, .path = {}, .address = caller_address(request, rooms.facts.trusted_proxies)}, now);
    if (d.reason == verify::Reason::Unavailable) return error(503, "temporarily_unavailable");
    if (!d.allow() || d.token->signed_token()) return invalid;
    id = d.token->id();
  }
  auto token = rooms.tokens.find(id);
  if (!token) return std::unexpected(error_of(token.error()));
  return *std::move(token);
}

Answer exchange(Rooms& rooms, const http::Request& request, http::Response& response, Instant now) {
  const auto form = form_of(request);
  if (!form) return std::unexpected(form.error());
  const auto grant = form->get("grant_type");
  if (!grant) return error(400, "invalid_request", "grant_type is needed");
  if (*grant != kExchange) return error(400, "unsupported_grant_type", "token exchange is what there is (RFC 8693)");
  const auto wanted_type = form->get("requested_token_type").value_or(kAccessToken);
  if (wanted_type != kAccessToken && wanted_type != kJwt) return error(400, "invalid_request", "requested_token_type: an access token or jwt");
  if (form->get("actor_token")) return error(400, "invalid_request", "actor tokens are not taken");
  const auto subject = subject_of(rooms, request, *form, now);
  if (!subject) return std::unexpected(subject.error());
  const auto api = target(rooms, *form, *subject);
  if (!api) return std::unexpected(error_of(api.error()));
  if (wanted_type == kJwt && api->format != ledger::TokenFormat::Jwt) return error(400, "invalid_request", "this API's tokens are no JWTs");
  const auto scopes = policy::parse_scopes(form->get("scope").value_or(""));
  if (!scopes) return error(400, "invalid_scope");
  const audit::Actor actor{.name = subject->id.text(), .address = caller_address(request, rooms.facts.trusted_proxies),
                           .request_id = std::string(request.request_id)};
  const auto minted = rooms.access_tokens.mint({*subject, *api, *scopes, std::nullopt}, *rooms.signing_keys.ring(), {actor, now});
  if (!minted) return std::unexpected(error_of(minted.error()));
  json_head(response);
  json::Writer w(response.body);
  w.object().member("access_token", as_text(minted->text.read(Pass::key()))).member("issued_token_type", wanted_type);
  w.member("token_type", "Bearer").member("expires_in", minted->expires.seconds() - now.seconds());
  w.member("scope", policy::joined(minted->scopes)).end_object();
  return {};
}

void describe(json::Writer& w, const Rooms& rooms, const verify::Believed& t) {
  w.flag("active", true).member("scope", t.scope()).member("sub", t.principal().text()).member("jti", t.id().text());
  w.member("token_type", "Bearer").member("iss", rooms.facts.issuer).member("client_id", t.client().none() ? t.principal().text() : t.client().text());
  if (!t.device().none()) w.member("dev", t.device().text());
  if (t.expires()) w.member("exp", t.expires()->seconds());
}

Answer introspection(Rooms& rooms, const http::Request& request, http::Response& response, Instant now) {
  const auto form = form_of(request);
  if (!form) return std::unexpected(form.error());
  const auto who = authenticate(rooms, request, *form, now);
  if (!who) return std::unexpected(who.error());
  // [RFC7662 §2.1] introspection is authenticated
  if (!who->client && !who->manager) return error(401, "invalid_client");
  const auto token = form->get("token");
  if (!token) return error(400, "invalid_request", "token is needed");
  json_head(response);
  json::Writer w(response.body);
  const verify::Reading reading(rooms.verifier);
  const auto d = reading.judge(*token, {}, now);
  if (d.reason == verify::Reason::Unavailable) return error(503, "temporarily_unavailable");
  // A client learns of its own tokens alone.
  const bool visible = d.token && (who->manager || d.token->client() == who->client->id);
  w.object();
  if ((d.allow() || d.reason == verify::Reason::Network) && visible)
    describe(w, rooms, *d.token);
  else
    w.flag("active", false);
  w.end_object();
  return {};
}

Answer revocation(Rooms& rooms, const http::Request& request, http::Response& response, Instant now) {
  const auto form = form_of(request);
  if (!form) return std::unexpected(form.error());
  const auto who = authenticate(rooms, request, *form, now);
  if (!who) return std::unexpected(who.error());
  const auto text = form->get("token");
  if (!text) return error(400, "invalid_request", "token is needed");
  std::optional<verify::Believed> token;
  {
    const verify::Reading reading(rooms.verifier);
    const auto d = reading.judge(*text, {}, now);
    if (d.reason == verify::Reason::Unavailable) return error(503, "temporarily_unavailable");
    token = d.token;
  }
  // Whoever has a token may end it; a client that says who it is, only its own (RFC 7009 §2.1).
  if (token && (!who->client || token->client() == who->client->id)) {
    const audit::Actor actor{.name = who->client ? who->client->id.text() : token->id().text(),
                             .address = caller_address(request, rooms.facts.trusted_proxies), .request_id = std::string(request.request_id)};
    audit::Doing doing{actor, now};
    Status done;
    if (token->signed_token()) {
      auto event = audit::event(doing, "token.revoke", token->id().text(), rooms.entropy);
      if (!event) return std::unexpected(error_of(event.error()));
      const auto committed = rooms.ledger.commit({ledger::RevokeJwt{{token->id(), token->expires().value_or(now), now}}, *std::move(event)});
      if (!committed) return std::unexpected(error_of(committed.error()));
    } else {
      const auto ended = rooms.tokens.revoke({ledger::TokensOf(token->id()), ledger::EndReason::HolderRevoked, {}, now}, doing);
      if (!ended) return std::unexpected(error_of(ended.error()));
    }
  }
  json_head(response);
  response.body = "{}";
  return {};
}

}  // namespace

void token(Rooms& rooms, const http::Request& request, http::Response& response, Instant now) {
  if (const auto done = exchange(rooms, request, response, now); !done) write(done.error(), response);
}
void introspect(Rooms& rooms, const http::Request& request, http::Response& response, Instant now) {
  if (const auto done = introspection(rooms, request, response, now); !done) write(done.error(), response);
}
void revoke(Rooms& rooms, const http::Request& request, http::Response& response, Instant now) {
  if (const auto done = revocation(rooms, request, response, now); !done) write(done.error(), response);
}

void jwks(Rooms& rooms, http::Response& response) {
  response.field("Content-Type", "application/jwk-set+json");
  response.field("Cache-Control", "public, max-age=300");
  response.body = rooms.signing_keys.ring()->jwks();
}

void metadata(Rooms& rooms, http::Response& response) {
  const auto& issuer = rooms.facts.issuer;
  response.field("Content-Type", "application/json");
  response.field("Cache-Control", "public, max-age=300");
  json::Writer w(response.body);
  w.object().member("issuer", issuer).member("jwks_uri", issuer + "/.well-known/jwks.json");
  w.member("token_endpoint", issuer + "/oauth/token").member("introspection_endpoint", issuer + "/oauth/introspect");
  w.member("revocation_endpoint", issuer + "/oauth/revoke");
  w.strings("grant_types_supported", std::array{kExchange});
  w.strings("response_types_supported", std::array<std::string_view, 0>());
  w.strings("token_endpoint_auth_methods_supported", std::array<std::string_view, 3>{"none", "client_secret_basic", "client_secret_post"});
  w.strings("subject_types_supported", std::array<std::string_view, 1>{"public"});
  w.strings("id_token_signing_alg_values_supported", std::array<std::string_view, 1>{"RS256"}).end_object();
}

}  // namespace jeton::protocols::oauth
