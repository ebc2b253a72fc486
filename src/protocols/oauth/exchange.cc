// Token exchange (RFC 8693): a short-lived access token of a long-lived token.
#include "authority/policy/scopes.h"
#include "blocks/json/writer.h"
#include "ground/secret_pass.h"
#include "protocols/counted.h"
#include "protocols/oauth/login.h"
#include "protocols/oauth/proof/binding.h"
#include "protocols/oauth/proof/dpop.h"
#include "protocols/oauth/saml/bearer.h"
#include "protocols/oauth/tokens.h"

namespace jeton::protocols::oauth {
namespace {

constexpr std::string_view kAccessToken = "urn:ietf:params:oauth:token-type:access_token";
constexpr std::string_view kJwt = "urn:ietf:params:oauth:token-type:jwt";

Result<ledger::Api> target(const Call& call, const ledger::Token& subject) {
  TRY(auto own, call.rooms.apis.find(subject.api.text()));
  for (const auto name : {"resource", "audience"}) {
    const auto called = call.form.get(name);
    if (called && own.audience != *called && own.name != *called && own.id.text() != *called)
      return refuse(Refusal::NotFound, "no such API");
  }
  return own;
}

// The subject token, live and ours, as the ledger has it. One answer for all that is wrong with it.
Or<ledger::Token> subject_of(const Call& call) {
  const auto invalid = error(400, "invalid_request", "the subject token is not valid");
  const auto text = call.form.get("subject_token");
  const auto type = call.form.get("subject_token_type");
  if (!text || !type) return error(400, "invalid_request", "subject_token and subject_token_type are needed");
  if (*type != kAccessToken) return error(400, "invalid_request", "subject_token_type: an access token is expected");
  TokenId id;
  {
    const verify::Reading reading(call.rooms.verifier);
    const auto d = decide(reading, call.request, CountedFor::Token, *text,
                          {.api = {}, .scope = {}, .method = {}, .path = {}, .address = call.address}, call.now);
    if (d.reason == verify::Reason::Unavailable) return error(503, "temporarily_unavailable");
    if (!d.allow() || d.token->signed_token()) return invalid;
    id = d.token->id();
  }
  OAUTH_TRY(auto token, call.rooms.tokens.find(id), "invalid_request");
  return token;
}

// Who acts for the subject (RFC 8693 §4.1).
struct Acting {
  std::string act;               // JSON; empty: nobody
  std::string acting;            // with what token: when that ends, so does what was made with it
  std::optional<Instant> until;  // the actor's own token ends then
};

// A live token of ours shows who the actor is. One step: a token that somebody acts with already makes no further actor.
Or<Acting> acting_of(const Call& call) {
  const auto text = call.form.get("actor_token"), type = call.form.get("actor_token_type");
  if (!text && !type) return Acting();
  // [RFC8693 §2.1] both or neither
  if (!text || !type) return error(400, "invalid_request", "actor_token and actor_token_type go together");
  if (*type != kAccessToken && *type != kJwt) return error(400, "invalid_request", "actor_token_type: an access token is expected");
  const auto invalid = error(400, "invalid_request", "the actor token is not valid");
  const verify::Reading reading(call.rooms.verifier);
  const auto d = decide(reading, call.request, CountedFor::Actor, *text,
                        {.api = {}, .scope = {}, .method = {}, .path = {}, .address = call.address}, call.now);
  if (d.reason == verify::Reason::Unavailable) return error(503, "temporarily_unavailable");
  if (!d.allow() || d.token->kind() == opaque::Kind::Ses) return invalid;
  OAUTH_TRY(const auto known, behind(call.rooms, *d.token, *text), "invalid_request");
  if (!known.act.empty()) return error(400, "invalid_request", "the actor token is used on behalf of somebody else already");
  Acting actor{.act = {}, .acting = d.token->id().text(), .until = d.token->expires()};
  if (d.token->signed_token()) actor.acting = d.token->parent().text() + " " + actor.acting;
  json::Writer w(actor.act);
  w.object().member("sub", d.token->principal().text());
  if (!d.token->client().none()) w.member("client_id", d.token->client().text());
  w.end_object();
  return actor;
}

}  // namespace

Answer exchange(const Call& call) {
  const auto wanted_type = call.form.get("requested_token_type").value_or(kAccessToken);
  const bool from_saml = call.form.get("subject_token_type") == kSamlToken;
  if ((from_saml || wanted_type == kSamlToken) && call.form.get("actor_token"))
    return error(400, "invalid_request", "no actor tokens with SAML assertions");
  if (from_saml) return exchange_saml(call);
  if (wanted_type != kSamlToken && wanted_type != kAccessToken && wanted_type != kJwt)
    return error(400, "invalid_request", "requested_token_type: an access token, jwt or saml2");
  // A client that says who it is must be it; the subject token speaks for itself otherwise.
  const auto client = client_of(call);
  if (!client) return std::unexpected(client.error());
  if (*client && !clients::may_grant((*client)->record, (*client)->profile, kExchangeGrant))
    return error(400, "unauthorized_client", "the client is not registered for this grant type");
  const auto subject = subject_of(call);
  if (!subject) return std::unexpected(subject.error());
  if (wanted_type == kSamlToken) return exchange_for_saml(call, *subject);
  OAUTH_TRY(const auto api, target(call, *subject), "invalid_target");
  if (wanted_type == kJwt && api.format != ledger::TokenFormat::Jwt) return error(400, "invalid_request", "this API's tokens are no JWTs");
  const auto scopes = policy::parse_scopes(call.form.get("scope").value_or(""));
  if (!scopes) return error(400, "invalid_scope");
  const auto actor = actor_of(call, subject->id.text());
  const auto acting = acting_of(call);
  if (!acting) return std::unexpected(acting.error());
  const auto proof = *client ? binding_of(call, **client) : dpop_of(call);
  if (!proof) return std::unexpected(proof.error());
  const mint::Order order{.parent = *subject,
                          .api = api,
                          .scopes = *scopes,
                          .lifetime = std::nullopt,
                          .confirmation = *proof,
                          .act = acting->act,
                          .acting = acting->acting,
                          .until = acting->until};
  auto minted = call.rooms.access_tokens.mint(order, *call.rooms.signing_keys.ring(), {actor, call.now});
  if (!minted && minted.error().is(Refusal::Denied)) return error(400, "invalid_scope", "wider than the subject token");
  if (!minted) return std::unexpected(error_of(minted.error(), "invalid_request"));
  json_head(call.response);
  cors(call.request, call.response, {});
  json::Writer w(call.response.body);
  w.object().member("access_token", as_text(minted->text.read(Pass::key()))).member("issued_token_type", wanted_type);
  w.member("token_type", type_of(*proof)).member("expires_in", minted->expires.seconds() - call.now.seconds());
  w.member("scope", policy::joined(minted->scopes)).end_object();
  return {};
}

}  // namespace jeton::protocols::oauth
