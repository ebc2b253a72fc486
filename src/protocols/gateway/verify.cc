#include "protocols/gateway/verify.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <optional>

#include "blocks/http/authorization.h"
#include "blocks/http/form.h"
#include "blocks/http/path.h"
#include "protocols/limited.h"
#include "protocols/oauth/login.h"
#include "protocols/oauth/proof/binding.h"
#include "protocols/oauth/proof/dpop.h"
#include "protocols/oauth/resource_metadata.h"
#include "protocols/problem.h"
#include "protocols/proxy.h"

namespace jeton::protocols::gateway {
namespace {

using verify::Reason;

// What the gateway wants to know, from its own address (?api=…&scope=…) and from what it says of the original call.
struct Wanted {
  std::string_view api, scope, method, path, uri;
  std::string_view acr;                 // what the login must have been; empty: any, or none
  std::optional<Seconds> max_age;       // how long ago at most
  bool problem_body = false, bad_path = false, resource_metadata = false;
  // Nothing tells what is needed: a route table lets nobody in who says neither path nor scope.
  bool path_unsaid() const { return uri.data() == nullptr && scope.empty(); }
  // What was decoded; views above may point here.
  std::string room;
  std::optional<http::Form> form;
};

// What the gateway says of the original call, in one of two spellings. A gateway sets its own; the other one may have come through it
// from the caller, and must not choose what is judged.
struct Original {
  std::optional<std::string_view> forwarded_uri, original_uri, forwarded_method, original_method;
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
  const std::pair<std::string_view, std::optional<std::string_view>&> wanted[] = {{"x-forwarded-uri", o.forwarded_uri},
                                                                                  {"x-original-uri", o.original_uri},
                                                                                  {"x-forwarded-method", o.forwarded_method},
                                                                                  {"x-original-method", o.original_method}};
  for (const auto& f : request.fields) {
    const bool original = f.name.size() > 11 && http::iequals(f.name.substr(0, 11), "x-original-");
    const bool forwarded = !original && f.name.size() > 12 && http::iequals(f.name.substr(0, 12), "x-forwarded-");
    if (!original && !forwarded) continue;
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
  if (!uri || w.bad_path) return {};
  // Gateways that say no method pass the call's own on, or ask by GET.
  w.method = original.method().value_or(request.method);
  w.uri = *uri;
  const auto path = http::plain_path(*uri, w.room);
  w.bad_path = !path;
  if (path) w.path = *path;
  return {};
}

Status take_age(Wanted& w, std::string_view value) {
  std::uint32_t seconds = 0;
  const auto [end, wrong] = std::from_chars(value.data(), value.data() + value.size(), seconds);
  if (wrong != std::errc() || end != value.data() + value.size()) return refuse(Refusal::Malformed);
  w.max_age = Seconds(seconds);
  return {};
}

// Each name once; no other name. An API or a scope that has no name was not meant to be left out: a gateway's variable was empty.
Status take(Wanted& w, std::string_view name, std::string_view value) {
  if (name == "api" && w.api.empty() && !value.empty()) w.api = value;
  else if (name == "scope" && w.scope.empty() && value.find_first_not_of(' ') != std::string_view::npos) w.scope = value;
  else if (name == "body" && value == "problem" && !w.problem_body) w.problem_body = true;
  else if (name == "resource_metadata" && value == "yes" && !w.resource_metadata) w.resource_metadata = true;
  else if (name == "acr" && (value == "1" || value == "2") && w.acr.empty()) w.acr = value;
  else if (name == "max_age" && !w.max_age) return take_age(w, value);
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
    case Reason::PathUnsaid:
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

// RFC 3339 in UTC, whole seconds, without an allocation.
void expires(Instant at, http::Response& response) {
  const auto seconds = std::chrono::sys_seconds(Seconds(at.seconds()));
  const auto day = std::chrono::floor<std::chrono::days>(seconds);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(seconds - day);
  char text[] = "0000-00-00T00:00:00Z";
  const auto put = [&text](std::size_t end, std::int64_t value, int digits) {
    for (int i = 0; i < digits; ++i, value /= 10) text[--end] = static_cast<char>('0' + value % 10);
  };
  put(4, static_cast<int>(date.year()), 4);
  put(7, static_cast<unsigned>(date.month()), 2);
  put(10, static_cast<unsigned>(date.day()), 2);
  put(13, time.hours().count(), 2);
  put(16, time.minutes().count(), 2);
  put(19, time.seconds().count(), 2);
  response.field("Token-Expires", std::string_view(text, sizeof text - 1));
}

// `metadata`: a further parameter, or nothing.
void challenge(const verify::Decision& d, std::string_view metadata, http::Response& response) {
  if (d.reason == Reason::NoToken) return response.field("WWW-Authenticate", {"Bearer realm=\"jeton\"", metadata});
  if (d.reason == Reason::Scope) {
    // [RFC6750 §3] What is no scope (RFC 6749 §3.3) would end the quoted text early.
    if (d.missing_scope.find_first_of("\"\\") != std::string_view::npos)
      return response.field("WWW-Authenticate", {"Bearer realm=\"jeton\", error=\"insufficient_scope\"", metadata});
    // [RFC6750 §3.1]
    return response.field("WWW-Authenticate",
                          {"Bearer realm=\"jeton\", error=\"insufficient_scope\", scope=\"", d.missing_scope, "\"", metadata});
  }
  if (response.status != 401) return;
  if (d.reason == Reason::StepUp) {
    // [RFC9470 §3] a token of a fresh login is needed
    return response.field(
        "WWW-Authenticate",
        {"Bearer realm=\"jeton\", error=\"insufficient_user_authentication\", error_description=\"log in anew\", max_age=\"60\"",
         metadata});
  }
  response.field("WWW-Authenticate",
                 {"Bearer realm=\"jeton\", error=\"invalid_token\", error_description=\"", description(d.reason), "\"", metadata});
}

// [RFC9728 §5.1] where the API's metadata is, for callers that know nothing of it yet
std::string metadata_of(const Rooms& rooms, const Wanted& wanted) {
  if (!wanted.resource_metadata || wanted.api.empty()) return {};
  return ", resource_metadata=\"" + oauth::resource_metadata_url(rooms, wanted.api) + "\"";
}

void begin_refusal(int status, std::string_view reason, const Wanted& wanted, const http::Request& request, http::Response& response) {
  response.status = status;
  if (wanted.problem_body) {
    write({status,
           status == 401   ? "unauthenticated"
           : status == 403 ? "forbidden"
           : status == 429 ? "rate_limited"
                           : "unavailable",
           status == 401   ? "Not authenticated"
           : status == 403 ? "Not allowed"
           : status == 429 ? "Too many requests"
                           : "Not available now",
           reason,
           {}},
          request, response);
  } else {
    response.field("Cache-Control", "no-store");
  }
  response.field("X-Jeton-Reason", reason);
}

void refuse_with(const verify::Decision& d, std::string_view metadata, const Wanted& wanted, const http::Request& request,
                 http::Response& response) {
  begin_refusal(status_of(d.reason), verify::name(d.reason), wanted, request, response);
  challenge(d, metadata, response);
  if (d.reason == Reason::RateLimited) limit_fields(d.limit, response);
}

// Whether the token's login is what the API wants for this call. A token that no person's login stands behind never is.
Result<bool> logged_in_so(Rooms& rooms, const verify::Believed& token, std::string_view text, const Wanted& wanted, Instant now) {
  TRY(const auto known, oauth::behind(rooms, token, text));
  if (!known.grant || known.grant->proof.methods.empty()) return false;
  const auto& proof = known.grant->proof;
  if (proof.acr < wanted.acr) return false;
  return !wanted.max_age || now - proof.authenticated <= *wanted.max_age;
}

// [RFC9470 §3] come again with another login
void refuse_login(const Wanted& wanted, std::string_view metadata, const http::Request& request, http::Response& response) {
  begin_refusal(401, "login", wanted, request, response);
  std::string more;
  if (!wanted.acr.empty()) more.append(", acr_values=\"").append(wanted.acr).append("\"");
  if (wanted.max_age) more.append(", max_age=\"").append(std::to_string(wanted.max_age->count())).append("\"");
  response.field("WWW-Authenticate",
                 {"Bearer realm=\"jeton\", error=\"insufficient_user_authentication\", error_description=\"another login is needed\"", more,
                  metadata});
}

// What a token of the scheme DPoP and its proof prove, for the call that the gateway tells of: its method and its address, as the
// caller spelled it.
std::optional<oauth::ApiProof> proven(Rooms& rooms, const http::Request& request, const Wanted& wanted, std::string_view token,
                                      Instant now) {
  const auto proto = request.field("x-forwarded-proto"), host = request.field("x-forwarded-host");
  if (wanted.uri.empty() || !proto || !host || request.count("x-forwarded-proto") > 1 || request.count("x-forwarded-host") > 1)
    return std::nullopt;
  std::string url(*proto);
  url.append("://").append(*host).append(wanted.uri.substr(0, wanted.uri.find('?')));
  auto proof = oauth::dpop_for_api(rooms, request, {wanted.method, url, token}, now);
  return proof ? std::optional(*std::move(proof)) : std::nullopt;
}

}  // namespace

bool reads_ledger(std::string_view query) {
  return query.find("acr") != std::string_view::npos || query.find("max_age") != std::string_view::npos ||
         query.find('%') != std::string_view::npos;
}

void verify(Rooms& rooms, const http::Request& request, http::Response& response, Instant now) {
  Wanted wanted;
  const bool proxied = is_proxy(request, rooms.facts.trusted_proxies);
  if (!read_query(request.query, wanted) || (proxied && !read_original(request, wanted)))
    return write({400,
                  "malformed",
                  "The question is malformed",
                  "api, scope, acr, max_age, resource_metadata and body are the parameters; each original field once",
                  {}},
                 request, response);
  const auto token = http::bearer(request);
  const verify::Reading reading(rooms.verifier);
  verify::Decision d;
  std::string confirmation;
  std::optional<oauth::ApiProof> proof;
  auto shown = token ? token->value_or(std::string_view()) : std::string_view();
  if (token && !*token) {
    if (const auto bound = http::dpop_token(request); bound && *bound) {
      shown = **bound;
      proof = proven(rooms, request, wanted, shown, now);
      confirmation = proof ? proof->confirmation : "none";   // which fits no token
    }
  }
  // [RFC8705 §3] a bearer token may be of a certificate: it is good with that one alone
  const bool certified = token && *token && request.origin.certificate != nullptr;
  if (certified) confirmation = oauth::confirmation_of(*request.origin.certificate);
  if (!token) {
    d.reason = Reason::Malformed;
  } else {
    const verify::Asked asked{wanted.api,
                              wanted.scope,
                              wanted.method,
                              wanted.path,
                              caller_address(request, rooms.facts.trusted_proxies),
                              agent_of(rooms, request),
                              wanted.path_unsaid(),
                              confirmation};
    d = reading.decide(shown, asked, now);
    // [RFC9449 §7.1] a bearer token is not presented so, and a bound one not without its proof
    const bool as_bound = d.token && (d.token->confirmation() == confirmation || (certified && d.token->confirmation().empty()));
    const bool is_good = as_bound && (!proof || oauth::first_shown(rooms, *proof, now));
    if (d.allow() && !is_good) d.reason = Reason::Unbound;
  }
  // Where two spellings of the call differ none was taken, and what is wrong with it is that.
  if ((d.allow() || d.reason == Reason::PathUnsaid) && wanted.bad_path) d.reason = Reason::BadPath;
  const auto metadata = metadata_of(rooms, wanted);
  if (!d.allow()) return refuse_with(d, metadata, wanted, request, response);
  if (!wanted.acr.empty() || wanted.max_age) {
    const auto fits = logged_in_so(rooms, *d.token, shown, wanted, now);
    if (!fits) return begin_refusal(503, verify::name(Reason::Unavailable), wanted, request, response);
    if (!*fits) return refuse_login(wanted, metadata, request, response);
  }
  response.field("Cache-Control", "no-store");
  identify(*d.token, rooms.facts.identity, response);
  if (const auto end = d.token->expires()) expires(*end, response);
}

}  // namespace jeton::protocols::gateway
