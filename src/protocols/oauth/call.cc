#include "protocols/oauth/call.h"

#include "blocks/json/writer.h"
#include "protocols/limited.h"
#include "protocols/proxy.h"

namespace jeton::protocols::oauth {

Error error_of(const Failure& failure, std::string_view code) {
  if (failure.is_fault()) return {503, "temporarily_unavailable", "try again soon", {}, {}};
  return {400, code, failure.detail(), {}, {}};
}

Or<Call> call_of(Rooms& rooms, const http::Request& request, http::Response& response, Instant now) {
  if (request.method != "POST") return error(405, "invalid_request", "POST is expected");
  const auto type = request.field("content-type");
  if (!type || !http::iequals(type->substr(0, type->find(';')), "application/x-www-form-urlencoded"))
    return error(400, "invalid_request", "a form is expected: Content-Type application/x-www-form-urlencoded");
  // [RFC6749 §3.2] tokens and secrets are never in the address
  if (!request.query.empty()) return error(400, "invalid_request", "parameters belong into the body");
  auto form = http::Form::parse(request.body);
  if (!form) return error(400, "invalid_request", form.error().detail());
  return Call{rooms, request, response, now, *std::move(form), caller_address(request, rooms.facts.trusted_proxies)};
}

audit::Actor actor_of(const Call& call, std::string name) { return actor_for(call.request, call.address, std::move(name)); }

void json_head(http::Response& response) {
  response.field("Content-Type", "application/json");
  response.field("Cache-Control", "no-store");
  response.field("Pragma", "no-cache");
}

void write(const Error& error, const http::Request& request, http::Response& response) {
  response.clear();
  response.status = error.status;
  json_head(response);
  cors(request, response, {});
  const bool bearer = error.code == "invalid_token";
  if (error.status == 401)
    response.field("WWW-Authenticate", bearer ? "Bearer realm=\"jeton\", error=\"invalid_token\"" : "Basic realm=\"jeton\"");
  if (error.limit) limit_fields(*error.limit, response);
  if (error.status == 405) response.field("Allow", "POST");
  if (!error.dpop_nonce.empty()) response.field("DPoP-Nonce", error.dpop_nonce);
  json::Writer w(response.body);
  w.object().member("error", error.code);
  if (!error.description.empty()) w.member("error_description", error.description);
  w.end_object();
}

bool cors(const http::Request& request, http::Response& response, std::string_view methods) {
  if (!request.field("origin")) return false;
  response.field("Access-Control-Allow-Origin", "*");
  response.field("Access-Control-Expose-Headers", "WWW-Authenticate, DPoP-Nonce");
  if (request.method != "OPTIONS" || methods.empty()) return false;
  response.status = 204;
  response.field("Access-Control-Allow-Methods", methods);
  response.field("Access-Control-Allow-Headers", "Authorization, Content-Type, Accept, DPoP, MCP-Protocol-Version");
  response.field("Access-Control-Max-Age", "3600");
  return true;
}

}  // namespace jeton::protocols::oauth
