#include "protocols/oauth/token_state.h"

#include "authority/policy/scopes.h"
#include "blocks/http/authorization.h"
#include "blocks/json/writer.h"
#include "protocols/counted.h"
#include "protocols/oauth/client_auth.h"
#include "protocols/oauth/login.h"
#include "protocols/oauth/proof/binding.h"
#include "protocols/oauth/rich/rich.h"
#include "protocols/oidc/id_token.h"

namespace jeton::protocols::oauth {
namespace {

struct Asking {
  ClientPtr client;
  bool manager = false;   // a management token, or the local administrator
  std::string name;       // the manager's
};

// A client, or a manager by bearer token or socket. Nobody: neither is set.
Or<Asking> asking(const Call& call) {
  Asking who;
  const auto bearer = http::bearer(call.request);
  if (!bearer) return error(400, "invalid_request", "the Authorization field is malformed");
  if (*bearer) {
    const verify::Reading reading(call.rooms.verifier);
    const auto d = decide(reading, call.request, CountedFor::Token, **bearer, {apis::kManagement, {}, {}, {}, call.address}, call.now);
    who.manager =
        d.allow() && (verify::holds_all(d.token->scope(), "jeton:admin") || verify::holds_all(d.token->scope(), "jeton:tokens:read"));
    if (!who.manager) return error(401, "invalid_client");
    who.name = d.token->principal().text();
    return who;
  }
  auto client = client_of(call);
  if (!client) return std::unexpected(client.error());
  who.client = *std::move(client);
  who.manager = !who.client && call.request.origin.administrator;
  if (who.manager) who.name = "administrator";
  return who;
}

void describe(json::Writer& w, const Rooms& rooms, const verify::Believed& t, const Behind& known) {
  w.flag("active", true).member("scope", t.scope()).member("sub", t.principal().text()).member("jti", t.id().text());
  w.member("token_type", type_of(t.confirmation()))
      .member("iss", rooms.facts.issuer)
      .member("client_id", t.client().none() ? t.principal().text() : t.client().text());
  if (!t.device().none()) w.member("dev", t.device().text());
  if (!t.confirmation().empty()) w.key("cnf").raw(t.confirmation());
  if (t.expires()) w.member("exp", t.expires()->seconds());
  if (!known.act.empty()) w.key("act").raw(known.act);
  // [RFC9396 §9.2]
  if (!known.details.empty()) w.key(kDetails).raw(known.details);
  // [RFC9470 §6.2] how and when the person logged in
  if (known.grant && !known.grant->proof.methods.empty())
    w.member("auth_time", known.grant->proof.authenticated.seconds()).member("acr", known.grant->proof.acr);
}

void describe_refresh(json::Writer& w, const Rooms& rooms, const ledger::Token& grant) {
  w.flag("active", true).member("scope", policy::joined(grant.scopes)).member("sub", grant.principal.text());
  w.member("iss", rooms.facts.issuer).member("client_id", grant.client.text()).member("token_type", "refresh_token");
  if (grant.expires) w.member("exp", grant.expires->seconds());
  for (const auto& [name, value] : grant.metadata)
    if (name == kDetails) w.key(kDetails).raw(value);
}

constexpr std::string_view kJwtType = "application/token-introspection+jwt";

// [RFC9701 §4, §5] as a signed JWT for the one that asks, where it accepts that, or registered for it.
Answer answer_as(const Call& call, const Asking& who, std::string body) {
  const auto accepts = call.request.field("accept").value_or("");
  const bool asked = accepts.find(kJwtType) != std::string_view::npos;
  const bool registered =
      who.client && !who.client->profile.introspection_alg.empty() && accepts.find("application/json") == std::string_view::npos;
  if (!asked && !registered) {
    json_head(call.response);
    cors(call.request, call.response, {});
    call.response.body = std::move(body);
    return {};
  }
  std::string claims;
  json::Writer w(claims);
  w.object()
      .member("iss", call.rooms.facts.issuer)
      .member("aud", who.client ? clients::known_id(who.client->record, who.client->profile) : who.name);
  w.member("iat", call.now.seconds()).key("token_introspection").raw(body).end_object();
  const std::string alg = who.client && !who.client->profile.introspection_alg.empty() ? who.client->profile.introspection_alg : "RS256";
  const auto actor = actor_of(call, who.client ? who.client->record.id.text() : who.name);
  OAUTH_TRY(call.response.body, oidc::sign(call.rooms, alg, "token-introspection+jwt", claims, {actor, call.now}), "server_error");
  call.response.field("Content-Type", kJwtType);
  call.response.field("Cache-Control", "no-store");
  cors(call.request, call.response, {});
  return {};
}

Answer introspection(const Call& call) {
  const auto who = asking(call);
  if (!who) return std::unexpected(who.error());
  // [RFC7662 §2.1] introspection is authenticated; a public client's id alone is not
  const bool shown = who->client && clients::confidential(who->client->record, who->client->profile);
  if (!shown && !who->manager) return error(401, "invalid_client");
  const auto token = call.form.get("token");
  if (!token) return error(400, "invalid_request", "token is needed");
  // From where it was shown, where the API says so: a token is not active for a place it may not be used from.
  const auto ip = call.form.get("ip");
  const auto from = ip ? net::Address::parse(*ip) : std::nullopt;
  if (ip && !from) return error(400, "invalid_request", "ip: an IP address is expected");
  std::string body;
  body.reserve(512);
  json::Writer w(body);
  w.object();
  const auto mine = [&](const ClientId& of) { return who->manager || of == who->client->record.id; };
  bool active = false;
  {
    const verify::Reading reading(call.rooms.verifier);
    const auto address = from.value_or(net::Address());
    auto d = reading.judge(*token, {.api = {}, .scope = {}, .method = {}, .path = {}, .address = address}, call.now);
    // Who asks has no key to show. Whether the token would do for who has it is asked with that: a bound one is not good everywhere, either.
    if (d.reason == verify::Reason::Unbound) {
      const std::string key(d.token->confirmation());
      d = reading.judge(*token, {.api = {}, .scope = {}, .method = {}, .path = {}, .address = address, .confirmation = key}, call.now);
    }
    if (d.reason == verify::Reason::Unavailable) return error(503, "temporarily_unavailable");
    // A client learns of its own tokens alone.
    active = (d.allow() || (d.reason == verify::Reason::Network && !from)) && mine(d.token->client());
    if (active) {
      OAUTH_TRY(const auto known, behind(call.rooms, *d.token, *token), "invalid_request");
      describe(w, call.rooms, *d.token, known);
    }
  }
  if (!active) {
    OAUTH_TRY(const auto grant, call.rooms.grants.find_refresh(*token, call.now), "invalid_request");
    active = grant && mine(grant->client);
    if (active) describe_refresh(w, call.rooms, *grant);
  }
  if (!active) w.flag("active", false);
  w.end_object();
  return answer_as(call, *who, std::move(body));
}

Status revoke_access(const Call& call, const verify::Believed& token, const audit::Doing& doing) {
  if (!token.signed_token()) {
    TRY_VOID(call.rooms.tokens.revoke({ledger::TokensOf(token.id()), ledger::EndReason::HolderRevoked, {}, call.now}, doing));
    return {};
  }
  TRY(auto event, audit::event(doing, "token.revoke", token.id().text(), call.rooms.entropy));
  TRY_VOID(call.rooms.ledger.commit({ledger::RevokeJwt{{token.id(), token.expires().value_or(call.now), call.now}}, std::move(event)}));
  return {};
}

Answer revocation(const Call& call) {
  const auto who = asking(call);
  if (!who) return std::unexpected(who.error());
  const auto text = call.form.get("token");
  if (!text) return error(400, "invalid_request", "token is needed");
  std::optional<verify::Believed> token;
  {
    const verify::Reading reading(call.rooms.verifier);
    const auto d = reading.judge(*text, {}, call.now);
    if (d.reason == verify::Reason::Unavailable) return error(503, "temporarily_unavailable");
    token = d.token;
  }
  // Whoever has a token may end it; a client that says who it is, only its own (RFC 7009 §2.1).
  const auto may = [&](const ClientId& of) { return !who->client || of == who->client->record.id; };
  if (token && may(token->client())) {
    const auto actor = actor_of(call, who->client ? who->client->record.id.text() : token->id().text());
    OAUTH_TRY_VOID(revoke_access(call, *token, {actor, call.now}));
  }
  OAUTH_TRY(const auto grant, call.rooms.grants.grant_of(*text, call.now), "invalid_request");
  if (grant && may(grant->client)) {
    // [RFC7009 §2.1] with a refresh token goes its grant, and every access token of it
    const auto actor = actor_of(call, who->client ? who->client->record.id.text() : grant->id.text());
    OAUTH_TRY(const auto ended,
              call.rooms.tokens.revoke({ledger::TokensOf(grant->id), ledger::EndReason::HolderRevoked, {}, call.now}, {actor, call.now}),
              "invalid_request");
    (void)ended;
  }
  json_head(call.response);
  cors(call.request, call.response, {});
  call.response.body = "{}";
  return {};
}

void answer(Rooms& rooms, const http::Request& request, http::Response& response, Instant now, Answer (*with)(const Call&)) {
  if (cors(request, response, "POST")) return;
  response.clear();
  const auto call = call_of(rooms, request, response, now);
  if (!call) return write(call.error(), request, response);
  if (const auto done = with(*call); !done) write(done.error(), request, response);
}

}  // namespace

void introspect(Rooms& rooms, const http::Request& request, http::Response& response, Instant now) {
  answer(rooms, request, response, now, introspection);
}
void revoke(Rooms& rooms, const http::Request& request, http::Response& response, Instant now) {
  answer(rooms, request, response, now, revocation);
}

}  // namespace jeton::protocols::oauth
