#include "authority/policy/scopes.h"
#include "blocks/http/authorization.h"
#include "protocols/oauth/dpop.h"
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
  bound = dpop->has_value();
  if (bound) return std::string(**dpop);
  if (*field) return std::string(**field);
  const auto type = request.field("content-type");
  if (request.method != "POST" || !type || !http::iequals(type->substr(0, type->find(';')), "application/x-www-form-urlencoded")) return std::nullopt;
  const auto form = http::Form::parse(request.body);
  malformed = !form;
  if (!form || !form->get("access_token")) return std::nullopt;
  return std::string(*form->get("access_token"));
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
  if (bound) {
    auto proven = oauth::dpop_for_api(rooms, request, {request.method, rooms.facts.issuer + "/oauth/userinfo", *token}, now);
    if (!proven) return refuse_with(request, response, 401, "DPoP error=\"invalid_dpop_proof\", error_description=\"" + std::string(proven.error().detail()) + "\"");
    confirmation = *std::move(proven);
  }
  PrincipalId subject;
  ledger::Scopes scopes;
  {
    const verify::Reading reading(rooms.verifier);
    const auto d = reading.decide(*token, {.api = {}, .scope = "openid", .method = {}, .path = {}, .address = caller_address(request, rooms.facts.trusted_proxies), .confirmation = confirmation}, now);
    if (d.reason == verify::Reason::Unavailable) {
      response.status = 503;
      return;
    }
    if (d.reason == verify::Reason::Scope) return refuse_with(request, response, 403, "Bearer realm=\"jeton\", error=\"insufficient_scope\", scope=\"openid\"");
    const bool as_bound = d.token && d.token->confirmation() == confirmation;
    if (!d.allow() || !as_bound || d.token->kind() != opaque::Kind::At) return refuse_with(request, response, 401, "Bearer realm=\"jeton\", error=\"invalid_token\"");
    subject = d.token->principal();
    if (auto held = policy::parse_scopes(d.token->scope())) scopes = *std::move(held);
  }
  const auto user = rooms.ledger.principal(subject);
  if (!user || !*user) {
    response.status = 503;
    return;
  }
  oauth::json_head(response);
  oauth::cors(request, response, {});
  json::Writer w(response.body);
  w.object().member("sub", subject.text());
  person_claims(w, **user, scopes);
  w.end_object();
}

}  // namespace jeton::protocols::oidc
