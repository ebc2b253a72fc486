#include "protocols/gateway/verify.h"

#include "blocks/http/authorization.h"
#include "blocks/http/form.h"
#include "blocks/http/path.h"
#include "protocols/problem.h"
#include "protocols/proxy.h"

namespace jeton::protocols::gateway {
namespace {

using verify::Reason;

// What the gateway wants to know, from its own address (?api=…&scope=…) and from what it says of the original call.
struct Wanted {
  std::string api, scope, room;
  std::string_view method, path;
  bool problem_body = false, bad_path = false, path_unsaid = false;
};

// A pair of fields that mean the same. A gateway sets one of each pair; the other one may have come through it from the caller.
struct Said {
  std::optional<std::string_view> value;
  bool contradicted = false;
};

Said said(const http::Request& request, std::string_view forwarded, std::string_view original) {
  const auto one = request.field(forwarded), other = request.field(original);
  return {one ? one : other, one && other && *one != *other};
}

// Whether a gateway describes a call: its method, host or scheme. An address alone is no description.
bool describes_a_call(const http::Request& request) {
  for (const auto& f : request.fields)
    for (const std::string_view begin : {"x-original-", "x-forwarded-"})
      if (f.name.size() > begin.size() && http::iequals(f.name.substr(0, begin.size()), begin) && !http::iequals(f.name, "x-forwarded-for"))
        return true;
  return false;
}

// Set by us, so whatever a caller put there is not read: only configured proxies are asked what the call was.
Status read_original(const http::Request& request, Wanted& w) {
  const auto uri = said(request, "x-forwarded-uri", "x-original-uri");
  const auto method = said(request, "x-forwarded-method", "x-original-method");
  for (const auto name : {"x-forwarded-uri", "x-original-uri", "x-forwarded-method", "x-original-method"})
    if (request.count(name) > 1) return refuse(Refusal::Malformed);
  w.bad_path = uri.contradicted || method.contradicted;
  w.path_unsaid = !uri.value && w.scope.empty() && describes_a_call(request);
  if (!uri.value || w.bad_path) return {};
  w.method = method.value.value_or("GET");
  const auto path = http::plain_path(*uri.value, w.room);
  w.bad_path = !path;
  if (path) w.path = *path;
  return {};
}

Status read_query(std::string_view query, Wanted& w) {
  if (query.empty()) return {};
  TRY(const auto form, http::Form::parse(query));
  for (const auto& [name, value] : form.all()) {
    if (name == "api") w.api = value;
    else if (name == "scope") w.scope = value;
    else if (name == "body" && value == "problem") w.problem_body = true;
    else return refuse(Refusal::Malformed);
  }
  return {};
}

std::string_view description(Reason reason) {
  switch (reason) {
    case Reason::Expired: return "the token has expired";
    case Reason::NotYetValid: return "the token is not valid yet";
    case Reason::Revoked: return "the token was revoked";
    case Reason::RotatedOut: return "the token was rotated";
    case Reason::WrongApi: return "the token is for another API";
    default: return "the token is not valid";
  }
}

int status_of(Reason reason) {
  switch (reason) {
    case Reason::Allowed: return 200;
    case Reason::Network:
    case Reason::NoRoute:
    case Reason::BadPath:
    case Reason::NoSuchApi:
    case Reason::Scope: return 403;
    case Reason::Unavailable: return 503;
    default: return 401;
  }
}

void identify(const verify::Believed& t, const IdentityFields& names, http::Response& response) {
  char text[30];
  const auto id = [&](std::string_view prefix, const Ulid& ulid) {
    prefix.copy(text, prefix.size());
    ulid.write(text + prefix.size());
    return std::string_view(text, prefix.size() + 26);
  };
  response.field(names.token_id, id("tok_", t.id().ulid()));
  response.field(names.kind, t.signed_token() ? "at" : opaque::name(t.kind()));
  response.field(names.subject, id(t.principal().kind() == PrincipalKind::User ? "usr_" : "svc_", t.principal().ulid()));
  if (!t.client().none()) response.field(names.client, id("cli_", t.client().ulid()));
  if (!t.device().none()) response.field(names.device, id("dev_", t.device().ulid()));
  response.field(names.scope, t.scope());
}

void challenge(const verify::Decision& d, http::Response& response) {
  if (d.reason == Reason::NoToken) return response.field("WWW-Authenticate", "Bearer realm=\"jeton\"");
  if (d.reason == Reason::Scope) {
    // [RFC6750 §3.1]
    std::string value = "Bearer realm=\"jeton\", error=\"insufficient_scope\", scope=\"";
    value.append(d.missing_scope).append("\"");
    return response.field("WWW-Authenticate", value);
  }
  if (response.status != 401) return;
  std::string value = "Bearer realm=\"jeton\", error=\"invalid_token\", error_description=\"";
  value.append(description(d.reason)).append("\"");
  response.field("WWW-Authenticate", value);
}

void refuse_with(const verify::Decision& d, const Wanted& wanted, const http::Request& request, http::Response& response) {
  response.status = status_of(d.reason);
  if (wanted.problem_body) {
    const int status = response.status;
    write({status, status == 401 ? "unauthenticated" : status == 403 ? "forbidden" : "unavailable",
           status == 401 ? "Not authenticated" : status == 403 ? "Not allowed" : "Not available now", verify::name(d.reason), {}},
          request, response);
  } else {
    response.field("Cache-Control", "no-store");
  }
  challenge(d, response);
  response.field("X-Jeton-Reason", verify::name(d.reason));
}

}  // namespace

void verify(Rooms& rooms, const http::Request& request, http::Response& response, Instant now) {
  Wanted wanted;
  const bool proxied = is_proxy(request, rooms.facts.trusted_proxies);
  if (!read_query(request.query, wanted) || (proxied && !read_original(request, wanted)))
    return write({400, "malformed", "The question is malformed", "api, scope and body are the parameters; each original field once", {}}, request, response);
  const auto token = http::bearer(request);
  const verify::Reading reading(rooms.verifier);
  verify::Decision d;
  if (!token) {
    d.reason = Reason::Malformed;
  } else {
    const verify::Asked asked{wanted.api, wanted.scope, wanted.method, wanted.path, caller_address(request, rooms.facts.trusted_proxies), wanted.path_unsaid};
    d = reading.decide(token->value_or(std::string_view()), asked, now);
  }
  if (d.allow() && wanted.bad_path) d.reason = Reason::BadPath;
  if (!d.allow()) return refuse_with(d, wanted, request, response);
  response.field("Cache-Control", "no-store");
  identify(*d.token, rooms.facts.identity, response);
}

}  // namespace jeton::protocols::gateway
