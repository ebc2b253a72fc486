// Questions about tokens: what /verify answers gateways, here as JSON for APIs and for people.
#include "authority/policy/scopes.h"
#include "protocols/admin/body.h"
#include "protocols/admin/render.h"
#include "protocols/oauth/login.h"

#include "blocks/http/authorization.h"
#include "blocks/http/path.h"

namespace jeton::protocols::admin {
namespace {

constexpr std::size_t kMostChecks = 1000;
const std::initializer_list<std::string_view> kMembers = {"token", "api", "scope", "scopes", "ip", "method", "path"};

// A question as it was put, owning its text.
struct Question {
  std::string token, api, scope, method, path, room;
  net::Address address;
  bool bad_path = false;

  verify::Asked asked() const { return {api, scope, method, path, address}; }
};

// Whatever somebody showed is an answer's matter: one token that is none does not refuse the questions beside it.
Result<std::string> shown(const Body& body) {
  const auto* member = body.find("token");
  const auto text = member == nullptr ? std::nullopt : member->string();
  if (!text) return body.needed("token");
  return std::string(*text);
}

// What is asked for by no name at all was not meant to be left out: a variable was empty.
Result<std::optional<std::string>> named(const Body& body, std::string_view name) {
  TRY(auto text, body.text(name));
  if (text && text->find_first_not_of(' ') == std::string::npos)
    return refuse(Refusal::Invalid, name == "api" ? "api: an id or a name is expected" : "scope: text is expected");
  return text;
}

Result<Question> question(const Body& body) {
  Question q;
  TRY(q.token, shown(body));
  TRY(auto api, named(body, "api"));
  TRY(auto method, body.text("method"));
  TRY(auto path, body.text("path"));
  TRY(auto ip, body.text("ip"));
  TRY(auto scopes, body.list("scopes"));
  q.api = std::move(api).value_or("");
  q.method = std::move(method).value_or("GET");
  if (body.find("scope") != nullptr && body.find("scope")->array() != nullptr) {
    TRY(scopes, body.list("scope"));
  } else {
    TRY(auto scope, named(body, "scope"));
    q.scope = std::move(scope).value_or("");
  }
  if (scopes) {
    TRY(const auto wanted, policy::canonical(*std::move(scopes)));
    q.scope += (q.scope.empty() ? "" : " ") + policy::joined(wanted);
  }
  if (ip) {
    const auto address = net::Address::parse(*ip);
    if (!address) return refuse(Refusal::Invalid, "ip: an IP address is expected");
    q.address = *address;
  }
  if (path) {
    const auto plain = http::plain_path(*path, q.room);
    q.bad_path = !plain;
    if (plain) q.path = *plain;
  }
  return q;
}

verify::Decision decide(const verify::Reading& reading, const Question& q, Instant now) {
  auto decision = reading.decide(q.token, q.asked(), now);
  if (decision.allow() && q.bad_path) decision.reason = verify::Reason::BadPath;
  return decision;
}

// Whether the token is one to be used now: refusals that are about the place, not the token, leave it active.
bool active(verify::Reason reason) {
  using verify::Reason;
  return reason == Reason::Allowed || reason == Reason::Network || reason == Reason::Scope || reason == Reason::NoRoute ||
         reason == Reason::PathUnsaid || reason == Reason::BadPath || reason == Reason::WrongApi || reason == Reason::RateLimited;
}

void render_token(json::Writer& w, const verify::Believed& t, std::string_view details = {}) {
  w.object().member("id", t.id().text()).member("kind", t.signed_token() ? "at" : opaque::name(t.kind()));
  w.member("principal", t.principal().text());
  id_or_null(w, "device", t.device());
  id_or_null(w, "client", t.client());
  w.member("api", t.api().text()).member("api_name", t.api_name());
  w.key("scopes").array();
  for (auto left = t.scope(); !left.empty();) {
    const auto one = left.substr(0, left.find(' '));
    left.remove_prefix(std::min(one.size() + 1, left.size()));
    w.string(one);
  }
  w.end_array();
  time_or_null(w, "expires", t.expires());
  if (!details.empty()) w.key("authorization_details").raw(details);
  w.end_object();
}

void render(json::Writer& w, const verify::Decision& d, const Rooms& rooms, std::string_view details) {
  const auto as_of = rooms.verifier.as_of();
  const bool is_active = active(d.reason);
  w.object().flag("active", is_active).key("token");
  if (d.token && is_active) render_token(w, *d.token, details);
  else w.null();
  w.key("decision").object().flag("allow", d.allow());
  if (!d.allow()) w.member("reason", verify::name(d.reason));
  if (!d.missing_scope.empty()) w.member("scope", d.missing_scope);
  if (!d.rule.none()) w.member("rule", d.rule.text());
  if (d.reason == verify::Reason::RateLimited) w.member("retry_after", static_cast<std::int64_t>(d.limit.wait));
  w.end_object();
  w.key("as_of")
      .object()
      .member("seq", static_cast<std::int64_t>(as_of.seq))
      .member("age_ms", as_of.age.count())
      .member("epoch", rooms.facts.epoch)
      .end_object();
  w.end_object();
}

// A caller may ask about tokens of its own API, about itself, or about any with the scope.
struct Askers {
  bool any = false;
  std::string own;      // the caller's token
  ApiId api;            // and its API
  bool may_ask(const Question& q, const verify::Decision& d) const {
    return any || q.token == own || (d.token && d.token->api() == api) || !d.token;
  }
};

// Before anything is decided for it: what a decision says of a signed token may lie where the next one is looked at.
Askers askers(Call& call) {
  const verify::Reading reading(call.rooms.verifier);
  Askers a;
  a.any = call.caller.may("jeton:tokens:read");
  if (const auto bearer = http::bearer(call.request); bearer && *bearer) {
    a.own = **bearer;
    const auto mine = reading.judge(a.own, {}, call.now);
    if (mine.token) a.api = mine.token->api();
  }
  return a;
}

Status answer_one(Call& call, const Askers& askers, json::Writer& w, const Body& body) {
  TRY(const auto q, question(body));
  const verify::Reading reading(call.rooms.verifier);
  auto d = decide(reading, q, call.now);
  // Of another API's token one learns nothing: it is unknown.
  if (!askers.may_ask(q, d)) d = verify::Decision(verify::Reason::Unknown);
  std::string details;
  if (d.token && active(d.reason)) { TRY(details, oauth::details_in(call.rooms, *d.token, q.token)); }
  render(w, d, call.rooms, details);
  return {};
}

}  // namespace

Status check_tokens(Call& call) {
  call.response.field("Content-Type", "application/json");
  call.response.field("Cache-Control", "no-store");
  TRY(const auto value, json::parse(call.request.body, {.size = 8 << 20, .depth = 8, .members = 64}));
  json::Writer w(call.response.body);
  const auto who = askers(call);
  const auto* checks = value.find("checks");
  if (checks == nullptr) {
    TRY(const auto body, Body::of(value, kMembers));
    return answer_one(call, who, w, body);
  }
  if (checks->array() == nullptr || checks->array()->empty() || checks->array()->size() > kMostChecks || value.object()->size() != 1)
    return refuse(Refusal::Invalid, "checks: a list of 1 to 1000 checks");
  w.object().key("items").array();
  for (const auto& check : *checks->array()) {
    TRY(const auto body, Body::of(check, kMembers));
    TRY_VOID(answer_one(call, who, w, body));
  }
  w.end_array().end_object();
  return {};
}

// The steps of one decision, in the order they are taken; those behind the refusal were not reached.
Status why(Call& call) {
  TRY(const auto body, Body::parse(call.request.body, {"token", "api", "scope", "scopes", "ip", "method", "path", "at"}));
  TRY(const auto q, question(body));
  TRY(const auto at, body.time("at"));
  const verify::Reading reading(call.rooms.verifier);
  auto d = reading.judge(q.token, q.asked(), at.value_or(call.now));
  if (d.allow() && q.bad_path) d.reason = verify::Reason::BadPath;
  using verify::Reason;
  static constexpr struct {
    std::string_view check;
    std::initializer_list<Reason> refuses;
  } kSteps[] = {
      {"shape", {Reason::NoToken, Reason::Malformed}},
      {"known", {Reason::Unknown, Reason::BadSignature, Reason::UnknownKey, Reason::Unavailable, Reason::OutOfService}},
      {"revoked", {Reason::Revoked, Reason::RotatedOut}},
      {"hold", {Reason::Quarantined, Reason::StepUp}},
      {"window", {Reason::Expired, Reason::NotYetValid}},
      {"principal", {Reason::PrincipalEnded}},
      {"device", {Reason::DeviceRevoked}},
      {"client", {Reason::ClientEnded}},
      {"key", {Reason::Unbound}},
      {"api", {Reason::WrongApi, Reason::NoSuchApi}},
      {"network", {Reason::Network}},
      {"route", {Reason::NoRoute, Reason::PathUnsaid, Reason::BadPath}},
      {"scope", {Reason::Scope}},
  };
  call.response.field("Content-Type", "application/json");
  json::Writer w(call.response.body);
  w.object().flag("allow", d.allow()).member("reason", verify::name(d.reason)).key("steps").array();
  for (const auto& step : kSteps) {
    const bool refused = std::find(step.refuses.begin(), step.refuses.end(), d.reason) != step.refuses.end();
    w.object().member("check", step.check).flag("ok", !refused);
    w.member("detail", refused ? (step.check == "scope" ? d.missing_scope : verify::name(d.reason)) : std::string_view());
    w.optional("rule", refused && !d.rule.none() ? d.rule.text() : std::string()).end_object();
    if (refused) break;
  }
  w.end_array();
  // Rules that only observe: what they would refuse.
  w.key("observed").array();
  for (const auto& rule : reading.observing(q.address)) w.string(rule.text());
  w.end_array().key("token");
  if (d.token) render_token(w, *d.token);
  else w.null();
  w.end_object();
  return {};
}

}  // namespace jeton::protocols::admin
