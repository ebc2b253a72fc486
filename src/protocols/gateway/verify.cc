#include "protocols/gateway/verify.h"

#include <algorithm>
#include <array>
#include <optional>

#include "blocks/http/authorization.h"
#include "blocks/http/form.h"
#include "blocks/http/path.h"
#include "protocols/limited.h"
#include "protocols/oauth/dpop.h"
#include "protocols/problem.h"
#include "protocols/proxy.h"

namespace jeton::protocols::gateway {
namespace {

using verify::Reason;

// What the gateway wants to know, from its own address (?api=…&scope=…) and from what it says of the original call.
struct Wanted {
  std::string_view api, scope, method, path, uri;
  bool problem_body = false, bad_path = false, path_unsaid = false;
  // What was decoded; views above may point here.
  std::string room;
  std::optional<http::Form> form;
};

// What the gateway says of the original call, in one of two spellings. A gateway sets its own; the other one may have come through it
// from the caller, and must not choose what is judged.
struct Original {
  std::optional<std::string_view> forwarded_uri, original_uri, forwarded_method, original_method;
  bool described = false;   // method, host or scheme; an address alone is no description

  std::optional<std::string_view> uri() const { return forwarded_uri ? forwarded_uri : original_uri; }
  std::optional<std::string_view> method() const { return forwarded_method ? forwarded_method : original_method; }
  // Two that differ; or the path in one spelling and the method in the other alone.
  bool contradicted() const {
    const auto differ = [](const auto& a, const auto& b) { return a && b && *a != *b; };
    const bool mixed = method() && ((forwarded_uri && !forwarded_method) || (original_uri && !original_method));
    return mixed || differ(forwarded_uri, original_uri) || differ(forwarded_method, original_method);
  }
};

// Malformed: one of the fields twice.
Result<Original> original_of(const http::Request& request) {
  Original o;
  const std::pair<std::string_view, std::optional<std::string_view>&> wanted[] = {{"x-forwarded-uri", o.forwarded_uri}, {"x-original-uri", o.original_uri},
                                                                                  {"x-forwarded-method", o.forwarded_method}, {"x-original-method", o.original_method}};
  for (const auto& f : request.fields) {
    const bool original = f.name.size() > 11 && http::iequals(f.name.substr(0, 11), "x-original-");
    const bool forwarded = !original && f.name.size() > 12 && http::iequals(f.name.substr(0, 12), "x-forwarded-");
    if (!original && !forwarded) continue;
    o.described = o.described || !http::iequals(f.name, "x-forwarded-for");
    for (const auto& [name, place] : wanted) {
      if (!http::iequals(f.name, name)) continue;
      if (place) return refuse(Refusal::Malformed);
      place = f.value;
    }
  }
  return o;
}

// Only configured proxies are asked what the call was.
Status read_original(const http::Request& request, Wanted& w) {
  TRY(const auto original, original_of(request));
  const auto uri = original.uri();
  w.bad_path = original.contradicted();
  w.path_unsaid = !uri && w.scope.empty() && original.described;
  if (!uri || w.bad_path) return {};
  // Gateways that say no method pass the call's own on, or ask by GET.
  w.method = original.method().value_or(request.method);
  w.uri = *uri;
  const auto path = http::plain_path(*uri, w.room);
  w.bad_path = !path;
  if (path) w.path = *path;
  return {};
}

// Each name once; no other name.
Status take(Wanted& w, std::string_view name, std::string_view value) {
  if (name == "api" && w.api.data() == nullptr) w.api = value;
  else if (name == "scope" && w.scope.data() == nullptr) w.scope = value;
  else if (name == "body" && value == "problem" && !w.problem_body) w.problem_body = true;
  else return refuse(Refusal::Malformed);
  return {};
}

bool needs_decoding(std::string_view query) {
  for (const char c : query)
    if (c == '%' || c == '+' || static_cast<unsigned char>(c) >= 0x80) return true;
  return false;
}

// A query without escapes, as most are, is read where it stands.
Status read_query(std::string_view query, Wanted& w) {
  if (needs_decoding(query)) {
    TRY(w.form, http::Form::parse(query));
    for (const auto& [name, value] : w.form->all()) TRY_VOID(take(w, name, value));
    return {};
  }
  while (!query.empty()) {
    const auto pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    const auto equals = std::min(pair.find('='), pair.size());
    if (!pair.empty()) TRY_VOID(take(w, pair.substr(0, equals), pair.substr(std::min(equals + 1, pair.size()))));
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
    case Reason::OutOfService: return "the token's algorithm is out of service";
    case Reason::Unbound: return "the token is bound to a key";
    case Reason::Quarantined: return "the token is quarantined";
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
    case Reason::OutOfService:
    case Reason::Unavailable: return 503;
    case Reason::RateLimited: return 429;
    default: return 401;
  }
}

// Tells agents apart within this process; gateways pass the caller's own field on.
std::uint32_t agent_of(Rooms& rooms, const http::Request& request) {
  const auto agent = request.field("user-agent");
  if (!agent) return 0;
  const auto hash = static_cast<std::uint32_t>(std::hash<std::string_view>()(*agent)) | 1;
  rooms.verifier.agents().note(hash, *agent);
  return hash;
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
    return response.field("WWW-Authenticate", {"Bearer realm=\"jeton\", error=\"insufficient_scope\", scope=\"", d.missing_scope, "\""});
  }
  if (response.status != 401) return;
  if (d.reason == Reason::StepUp) {
    // [RFC9470 §3] a token of a fresh login is needed
    return response.field("WWW-Authenticate", "Bearer realm=\"jeton\", error=\"insufficient_user_authentication\", error_description=\"log in anew\", max_age=\"60\"");
  }
  response.field("WWW-Authenticate", {"Bearer realm=\"jeton\", error=\"invalid_token\", error_description=\"", description(d.reason), "\""});
}

void refuse_with(const verify::Decision& d, const Wanted& wanted, const http::Request& request, http::Response& response) {
  response.status = status_of(d.reason);
  if (wanted.problem_body) {
    const int status = response.status;
    write({status, status == 401 ? "unauthenticated" : status == 403 ? "forbidden" : status == 429 ? "rate_limited" : "unavailable",
           status == 401 ? "Not authenticated" : status == 403 ? "Not allowed" : status == 429 ? "Too many requests" : "Not available now", verify::name(d.reason), {}},
          request, response);
  } else {
    response.field("Cache-Control", "no-store");
  }
  challenge(d, response);
  if (d.reason == Reason::RateLimited) limit_fields(d.limit, response);
  response.field("X-Jeton-Reason", verify::name(d.reason));
}

// What a token of the scheme DPoP and its proof prove, for the call that the gateway tells of: its method and its address, as the
// caller spelled it. "none" fits no token.
std::string proven(Rooms& rooms, const http::Request& request, const Wanted& wanted, std::string_view token, Instant now) {
  const auto proto = request.field("x-forwarded-proto"), host = request.field("x-forwarded-host");
  if (wanted.uri.empty() || !proto || !host || request.count("x-forwarded-proto") > 1 || request.count("x-forwarded-host") > 1) return "none";
  std::string url(*proto);
  url.append("://").append(*host).append(wanted.uri.substr(0, wanted.uri.find('?')));
  return oauth::dpop_for_api(rooms, request, {wanted.method, url, token}, now).value_or("none");
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
  std::string confirmation;
  auto shown = token ? token->value_or(std::string_view()) : std::string_view();
  if (token && !*token) {
    if (const auto bound = http::dpop_token(request); bound && *bound) {
      shown = **bound;
      confirmation = proven(rooms, request, wanted, shown, now);
    }
  }
  if (!token) {
    d.reason = Reason::Malformed;
  } else {
    const verify::Asked asked{wanted.api, wanted.scope, wanted.method, wanted.path, caller_address(request, rooms.facts.trusted_proxies),
                              agent_of(rooms, request), wanted.path_unsaid, confirmation};
    d = reading.decide(shown, asked, now);
    // [RFC9449 §7.1] a bearer token is not presented so, and a bound one not without its proof
    if (d.allow() && d.token->confirmation() != confirmation) d.reason = Reason::Unbound;
  }
  if (d.allow() && wanted.bad_path) d.reason = Reason::BadPath;
  if (!d.allow()) return refuse_with(d, wanted, request, response);
  response.field("Cache-Control", "no-store");
  identify(*d.token, rooms.facts.identity, response);
}

}  // namespace jeton::protocols::gateway
