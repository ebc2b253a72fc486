#include "protocols/admin/door.h"

#include "blocks/http/authorization.h"
#include "blocks/http/form.h"
#include "blocks/json/writer.h"
#include "ground/hurry.h"
#include "ground/secret_pass.h"
#include "protocols/counted.h"
#include "protocols/limited.h"
#include "protocols/proxy.h"

namespace jeton::protocols::admin {
namespace {

constexpr Problem kUnauthenticated{
    401, "unauthenticated", "Who are you?", "present a live token of the API \"jeton\" as a bearer token", {}};
constexpr Problem kForbidden{403, "forbidden", "Not allowed", "the token has not the scope that this needs", {}};
constexpr Problem kAuditDown{503,
                             "audit_unavailable",
                             "Not available now",
                             "the audit's sink is behind, and the installation has chosen that nothing is changed until it is back",
                             {}};
constexpr Problem kNotJson{415, "unsupported", "Not supported", "send a body as application/json", {}};
constexpr Problem kNoPath{404, "not_found", "Not found", "there is no such address", {}};

// Whether the pattern is the path, "{id}" standing for one segment, which is returned.
std::optional<std::string_view> match(std::string_view pattern, std::string_view path) {
  const auto hole = pattern.find("{id}");
  if (hole == std::string_view::npos) return pattern == path ? std::optional<std::string_view>("") : std::nullopt;
  if (!path.starts_with(pattern.substr(0, hole))) return std::nullopt;
  const auto rest = path.substr(hole);
  const auto id = rest.substr(0, rest.find('/'));
  if (id.empty() || rest.substr(id.size()) != pattern.substr(hole + 4)) return std::nullopt;
  return id;
}

struct Found {
  const Endpoint* endpoint = nullptr;
  std::string_view id;
  std::string allowed;   // methods of the path, where the method was not one of them
};

Found find(const http::Request& request) {
  Found found;
  for (const auto& e : endpoints()) {
    const auto id = match(e.path, request.path);
    if (!id) continue;
    if (e.method == request.method) {
      // An exact path goes before one with a hole in it.
      if (found.endpoint == nullptr || id->empty()) found.endpoint = &e, found.id = *id;
    } else {
      found.allowed.append(found.allowed.empty() ? "" : ", ").append(e.method);
    }
  }
  return found;
}

void challenge(const Problem& problem, const http::Request& request, http::Response& response, std::string_view value) {
  write(problem, request, response);
  response.field("WWW-Authenticate", value);
}

bool takes_json(const http::Request& request) {
  if (request.body.empty()) return true;
  const auto type = request.field("content-type");
  return type && http::iequals(type->substr(0, type->find(';')), "application/json");
}

// Nothing where the call names none.
Result<std::optional<personal::AnswerKey>> answer_key(const Call& call) {
  const auto header = call.request.field("idempotency-key");
  if (!header) return std::nullopt;
  bool good = !header->empty() && header->size() <= 255 && call.request.count("idempotency-key") == 1;
  for (const char c : *header) good = good && c > 0x20 && c < 0x7f;
  if (!good) return refuse(Refusal::Malformed, "Idempotency-Key: once, 1 to 255 visible ASCII characters");
  std::string request(call.request.method);
  request.append(" ").append(call.request.target).append("\n").append(call.request.body);
  return personal::AnswerKey::of(call.caller.actor.name, *header, request);
}

// True where the answer is written already: a repeated Idempotency-Key.
Result<bool> replay(Call& call) {
  TRY(const auto kept, call.rooms.answers.find(*call.answer_key, call.now));
  if (!kept) return false;
  const auto text = as_text(kept->read(Pass::key()));
  const auto line = text.find('\n');
  call.response.status = 201;
  call.response.field("Content-Type", "application/json");
  call.response.field("Cache-Control", "no-store");
  if (line != 0) call.response.field("Location", text.substr(0, line));
  call.response.field("Idempotent-Replayed", "true");
  call.response.body = text.substr(line + 1);
  return true;
}

// Makes what is asked for, or gives the answer that was given under the call's key. Records are made in one commit with their
// answer; of what is made otherwise (a key, an access token, a link) the answer is kept right after it.
Status serve_once(Call& call, const Endpoint& endpoint) {
  TRY_VOID(Hurry::may_wait());
  const auto alone = call.rooms.answers.hold(*call.answer_key);
  TRY(const bool done, replay(call));
  if (done) return {};
  TRY_VOID(endpoint.answer(call));
  if (call.answer_kept) return {};
  // What was made is made; that its answer could not be kept is not told as if it were not.
  (void)call.rooms.answers.keep_now(*call.answer_key, as_bytes("\n" + call.response.body), call.now);
  return {};
}

Status serve(Call& call, const Endpoint& endpoint) {
  TRY(const auto id, http::percent_decode(call.id, http::Plus::Literal));
  call.id = id;
  if (endpoint.status != 201) return endpoint.answer(call);
  TRY(call.answer_key, answer_key(call));
  return call.answer_key ? serve_once(call, endpoint) : endpoint.answer(call);
}

// What asks, and what takes away: nobody waits with that for a log server.
bool always_open(std::string_view operation) {
  for (const std::string_view name : {"verify", "why", "deleteToken", "deleteSession", "quarantineToken", "retireKey", "reportLeaks"})
    if (operation == name) return true;
  return operation.starts_with("revoke") || operation.starts_with("disable");
}

// On record, by the operation's name: what was sent is not.
void record_refusal(Call& call, const Endpoint& endpoint, int status) {
  std::string detail;
  json::Writer(detail).object().member("operation", endpoint.operation).member("status", status).end_object();
  call.rooms.refusals.note(call.doing(), "management.refuse", {}, std::move(detail));
}

}  // namespace

Result<Caller> identify(Rooms& rooms, const http::Request& request, Instant now, limits::Refused* limited) {
  Caller caller;
  caller.actor = actor_for(request, caller_address(request, rooms.facts.trusted_proxies), {});
  TRY(const auto token, http::bearer(request));
  if (!token) {
    if (!request.origin.administrator) return refuse(Refusal::NotFound);
    caller.administrator = true;
    caller.actor.name = "uid:" + std::to_string(request.origin.uid.value_or(0));
    return caller;
  }
  const verify::Reading reading(rooms.verifier);
  const auto decision = decide(reading, request, CountedFor::Token, *token,
                               {.api = {}, .scope = {}, .method = {}, .path = {}, .address = caller.actor.address}, now);
  if (decision.reason == verify::Reason::RateLimited) {
    if (limited != nullptr) *limited = decision.limit;
    return refuse(Refusal::RateLimited);
  }
  if (!decision.allow()) return refuse(Refusal::Denied);
  const auto& believed = *decision.token;
  caller.principal = believed.principal();
  caller.client = believed.client();
  caller.token = believed.id();
  // Whoever holds a token made of another one does not stand for that: it has more scopes and a longer life.
  if (!believed.signed_token()) caller.stands_for = believed.id();
  caller.actor.name = believed.id().text();
  // Scopes of another API that happen to be called so mean nothing here.
  if (believed.api_name() == apis::kManagement) {
    caller.scope = believed.scope();
    caller.administrator = verify::holds_all(believed.scope(), "jeton:admin");
  }
  return caller;
}

void answer(Rooms& rooms, const http::Request& request, http::Response& response, Instant now) {
  const auto found = find(request);
  if (found.endpoint == nullptr) {
    if (found.allowed.empty()) return write(kNoPath, request, response);
    write({405, "method_not_allowed", "Method not allowed", {}, {}}, request, response);
    return response.field("Allow", found.allowed);
  }
  const auto& endpoint = *found.endpoint;
  Call call{rooms, request, response, now, {}, found.id, {}, false};
  if (endpoint.needs != Needs::Nothing) {
    limits::Refused limited;
    auto caller = identify(rooms, request, now, &limited);
    if (!caller && caller.error().is(Refusal::RateLimited)) return write_limited(limited, request, response);
    if (!caller && caller.error().is_fault()) return write(problem_of(caller.error()), request, response);
    if (!caller) {
      call.caller.actor = actor_for(request, caller_address(request, rooms.facts.trusted_proxies), "anonymous");
      record_refusal(call, endpoint, 401);
      const bool silent = caller.error().is(Refusal::NotFound);
      return challenge(kUnauthenticated, request, response,
                       silent ? "Bearer realm=\"jeton\"" : "Bearer realm=\"jeton\", error=\"invalid_token\"");
    }
    call.caller = *std::move(caller);
    const auto scope = endpoint.scope;
    if (endpoint.needs == Needs::Scope && !call.caller.may(scope)) {
      record_refusal(call, endpoint, 403);
      return challenge(kForbidden, request, response,
                       "Bearer realm=\"jeton\", error=\"insufficient_scope\", scope=\"" + std::string(scope) + "\"");
    }
  }
  if (request.method != "GET" && !always_open(endpoint.operation) && rooms.program.management_closed())
    return write(kAuditDown, request, response);
  if (!takes_json(request)) return write(kNotJson, request, response);
  const auto served = serve(call, endpoint);
  if (served) return;
  if (served.error().is(Refusal::Denied)) record_refusal(call, endpoint, 403);
  write(problem_of(served.error()), request, response);
}

}  // namespace jeton::protocols::admin
