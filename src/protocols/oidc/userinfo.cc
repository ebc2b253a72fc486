#include "authority/policy/scopes.h"
#include "blocks/http/authorization.h"
#include "protocols/oauth/login.h"
#include "protocols/oauth/proof/binding.h"
#include "protocols/oauth/proof/dpop.h"
#include "protocols/oauth/proof/nonce.h"
#include "protocols/oidc/claims_request.h"
#include "protocols/oidc/id_token.h"
#include "protocols/proxy.h"

namespace jeton::protocols::oidc {
namespace {

void refuse_with(const http::Request& request, http::Response& response, int status, std::string_view challenge) {
  response.clear();
  response.status = status;
  oauth::cors(request, response, {});
  response.field("Cache-Control", "no-store");
  response.field("WWW-Authenticate", challenge);
}

// [RFC6750 §2.1, §2.2] in the field, or in the form of a POST; never in the address, and not in both.
std::optional<std::string> presented(const http::Request& request, bool& malformed, bool& bound) {
  const auto field = http::bearer(request), dpop = http::dpop_token(request);
  malformed = !field || !dpop || !request.query.empty();
  if (malformed) return std::nullopt;
  std::optional<std::string> in_form;
  const auto type = request.field("content-type");
  if (request.method == "POST" && type && http::iequals(type->substr(0, type->find(';')), "application/x-www-form-urlencoded")) {
    const auto form = http::Form::parse(request.body);
    malformed = !form;
    if (form && form->get("access_token")) in_form = *form->get("access_token");
  }
  bound = dpop->has_value();
  const auto in_field = bound ? *dpop : *field;
  malformed = malformed || (in_field && in_form);
  if (malformed) return std::nullopt;
  return in_field ? std::string(*in_field) : in_form;
}

void unavailable(http::Response& response) {
  response.clear();
  response.status = 503;
}

struct Told {
  ClientId client;
  std::string claims;      // without its closing brace
  Instant now;
};

// [OIDC Core §5.3.2] JSON, or signed: as the client registered, or as it accepts nothing else.
void answer(Rooms& rooms, const http::Request& request, http::Response& response, Told told) {
  const auto record = told.client.none() ? Result<std::optional<ledger::Client>>(std::nullopt) : rooms.ledger.client(told.client);
  if (!record) return unavailable(response);
  const auto profile = *record ? clients::read_profile(**record) : Result<clients::Profile>(clients::Profile());
  if (!profile) return unavailable(response);
  const auto accepts = request.field("accept").value_or("");
  if (!oauth::dpop_alg_fits(request, *profile))
    return refuse_with(request, response, 401,
                       "DPoP error=\"invalid_dpop_proof\", error_description=\"PS256, ES256 or EdDSA for this client\"");
  const bool jwt = *record && (!profile->userinfo_alg.empty() || accepts == "application/jwt");
  if (!jwt) {
    oauth::json_head(response);
    oauth::cors(request, response, {});
    response.body = std::move(told.claims) + "}";
    return;
  }
  std::string more = ",";
  json::Writer w(more);
  w.member("iss", rooms.facts.issuer).member("aud", clients::known_id(**record, *profile)).member("iat", told.now.seconds()).end_object();
  const audit::Actor actor{.name = told.client.text(), .address = {}, .request_id = std::string(request.request_id)};
  auto text =
      sign(rooms, profile->userinfo_alg.empty() ? "RS256" : profile->userinfo_alg, "userinfo+jwt", told.claims + more, {actor, told.now});
  if (!text) return unavailable(response);
  response.field("Content-Type", "application/jwt");
  response.field("Cache-Control", "no-store");
  oauth::cors(request, response, {});
  response.body = *std::move(text);
}

}  // namespace

void userinfo(Rooms& rooms, const http::Request& request, http::Response& response, Instant now) {
  if (oauth::cors(request, response, "GET, POST")) return;
  response.clear();
  bool malformed = false, bound = false;
  const auto token = presented(request, malformed, bound);
  if (malformed) return refuse_with(request, response, 400, "Bearer realm=\"jeton\", error=\"invalid_request\"");
  if (!token) return refuse_with(request, response, 401, "Bearer realm=\"jeton\"");
  std::string confirmation;
  std::optional<oauth::ApiProof> proof;
  if (bound) {
    auto proven = oauth::dpop_for_api(rooms, request,
                                      {request.method, rooms.facts.issuer + "/oauth/userinfo", *token, oauth::ApiCall::Nonce::Ours}, now);
    if (!proven && proven.error().is_fault()) return unavailable(response);
    if (!proven && proven.error().is(Refusal::Expired)) {
      // [RFC9449 §9]
      refuse_with(request, response, 401, "DPoP error=\"use_dpop_nonce\", error_description=\"use the nonce of DPoP-Nonce\"");
      return response.field("DPoP-Nonce", oauth::dpop_nonce(rooms, now));
    }
    if (!proven)
      return refuse_with(request, response, 401,
                         "DPoP error=\"invalid_dpop_proof\", error_description=\"" + std::string(proven.error().detail()) + "\"");
    proof = *std::move(proven);
    confirmation = proof->confirmation;
  } else if (request.origin.certificate != nullptr) {
    confirmation = oauth::confirmation_of(*request.origin.certificate);
  }
  PrincipalId subject;
  ClientId client;
  ledger::Scopes scopes;
  ClaimsRequest asked;
  {
    const verify::Reading reading(rooms.verifier);
    const auto d = reading.decide(*token,
                                  {.api = {},
                                   .scope = "openid",
                                   .method = {},
                                   .path = {},
                                   .address = caller_address(request, rooms.facts.trusted_proxies),
                                   .confirmation = confirmation},
                                  now);
    if (d.reason == verify::Reason::Unavailable) return unavailable(response);
    if (d.reason == verify::Reason::Scope)
      return refuse_with(request, response, 403, "Bearer realm=\"jeton\", error=\"insufficient_scope\", scope=\"openid\"");
    // A token of no key is a bearer token, whatever certificate is there.
    const bool as_bound = d.token && (d.token->confirmation() == confirmation || (!bound && d.token->confirmation().empty()));
    if (!d.allow() || !as_bound || d.token->kind() != opaque::Kind::At)
      // [RFC9449 §7.1] by the scheme that it was tried with
      return refuse_with(request, response, 401,
                         bound ? "DPoP realm=\"jeton\", error=\"invalid_token\"" : "Bearer realm=\"jeton\", error=\"invalid_token\"");
    if (proof && !oauth::first_shown(rooms, *proof, now))
      return refuse_with(request, response, 401, "DPoP error=\"invalid_dpop_proof\", error_description=\"the proof was used before\"");
    subject = d.token->principal();
    client = d.token->client();
    if (auto held = policy::parse_scopes(d.token->scope())) scopes = *std::move(held);
    auto known = oauth::behind(rooms, *d.token, *token);
    if (!known) return unavailable(response);
    if (known->grant) asked = read_claims_request(known->grant->claims).value_or(ClaimsRequest());
  }
  const auto user = rooms.ledger.principal(subject);
  if (!user || !*user) return unavailable(response);
  std::string claims;
  json::Writer w(claims);
  w.object().member("sub", subject.text());
  person_claims(w, **user, scopes, asked.userinfo);
  answer(rooms, request, response, {client, std::move(claims), now});
}

}  // namespace jeton::protocols::oidc
