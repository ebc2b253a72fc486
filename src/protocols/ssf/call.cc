#include "protocols/ssf/call.h"

#include "protocols/limited.h"
#include "protocols/proxy.h"

namespace jeton::protocols::ssf {
namespace {

constexpr std::size_t kMostBody = 64 * 1024;
constexpr std::string_view kReads = "jeton:ssf:read", kChanges = "jeton:ssf:write";
// [CAEP interoperability profile §2.7.2] the names they have at every transmitter
constexpr std::string_view kReadsToo = "ssf.read", kChangesToo = "ssf.manage";

bool may(const admin::Caller& caller, Wants wants) {
  if (caller.may(kChanges) || caller.may(kChangesToo)) return true;
  return wants == Wants::Read && (caller.may(kReads) || caller.may(kReadsToo));
}

std::string owner_of(const admin::Caller& caller) {
  if (!caller.client.none()) return caller.client.text();
  return caller.principal.none() ? std::string(signals::kOperator) : caller.principal.text();
}

void challenge(const Problem& problem, const http::Request& request, http::Response& response, std::string_view value) {
  write(problem, request, response);
  response.field("WWW-Authenticate", value);
}

void record(Rooms& rooms, const audit::Actor& actor, Instant now, int status) {
  rooms.refusals.note({actor, now}, "management.refuse", {}, "{\"operation\":\"sharedSignals\",\"status\":" + std::to_string(status) + "}");
}

// Who calls; where they may not, the answer is written.
std::optional<admin::Caller> let_in(Rooms& rooms, const http::Request& request, http::Response& response, Instant now, Wants wants) {
  limits::Refused limited;
  auto caller = admin::identify(rooms, request, now, &limited);
  if (!caller && caller.error().is(Refusal::RateLimited)) return write_limited(limited, request, response), std::nullopt;
  if (!caller && caller.error().is_fault()) return write(problem_of(caller.error()), request, response), std::nullopt;
  if (!caller) {
    record(rooms, actor_for(request, caller_address(request, rooms.facts.trusted_proxies), "anonymous"), now, 401);
    const bool silent = caller.error().is(Refusal::NotFound);
    challenge({401, "unauthenticated", "Who are you?", "present a live token of the API \"jeton\" as a bearer token", {}}, request,
              response, silent ? "Bearer realm=\"jeton\"" : "Bearer realm=\"jeton\", error=\"invalid_token\"");
    return std::nullopt;
  }
  if (!may(*caller, wants)) {
    record(rooms, caller->actor, now, 403);
    const auto scope = wants == Wants::Read ? kReads : kChanges;
    challenge({403, "forbidden", "Not allowed", "the token has not the scope that this needs", {}}, request, response,
              "Bearer realm=\"jeton\", error=\"insufficient_scope\", scope=\"" + std::string(scope) + "\"");
    return std::nullopt;
  }
  return *std::move(caller);
}

// [SSF §8] whatever is wrong with a request is 400
void write_failure(const Failure& failure, const http::Request& request, http::Response& response) {
  auto problem = problem_of(failure);
  if (problem.status == 422) problem.status = 400;
  write(problem, request, response);
  if (problem.status == 429) response.field("Retry-After", std::to_string(signals::kVerifyEvery.count()));
}

}  // namespace

json::Writer Call::answer(int status) {
  response.status = status;
  response.field("Content-Type", "application/json");
  response.field("Cache-Control", "no-store");
  return json::Writer(response.body);
}

void serve(Rooms& rooms, const http::Request& request, http::Response& response, Instant now, std::span<const Method> methods) {
  const Method* found = nullptr;
  std::string allowed;
  for (const auto& m : methods) {
    if (m.name == request.method) found = &m;
    allowed.append(allowed.empty() ? "" : ", ").append(m.name);
  }
  if (found == nullptr) {
    write({405, "method_not_allowed", "Method not allowed", {}, {}}, request, response);
    return response.field("Allow", allowed);
  }
  auto caller = let_in(rooms, request, response, now, found->wants);
  if (!caller) return;
  if (request.body.size() > kMostBody) return write({413, "too_large", "Too large", "at most 64 KiB", {}}, request, response);
  // What takes away is never kept waiting.
  if (found->wants == Wants::Change && found->name != "DELETE" && rooms.program.management_closed())
    return write({503,
                  "audit_unavailable",
                  "Not available now",
                  "the audit's sink is behind, and the installation has chosen that nothing is changed until "
                  "it is back",
                  {}},
                 request, response);
  auto owner = owner_of(*caller);
  Call call{rooms, request, response, now, *std::move(caller), std::move(owner)};
  const auto served = found->answer(call);
  if (!served) write_failure(served.error(), request, response);
}

Result<json::Value> body_of(const Call& call) {
  if (call.request.body.empty()) return json::Value(json::Object());
  auto value = json::parse(call.request.body);
  if (!value || value->object() == nullptr) return refuse(Refusal::Malformed, "a JSON object is expected");
  return *std::move(value);
}

Result<std::optional<std::string>> text(const json::Value& body, std::string_view name, std::string_view wrong) {
  const auto* value = body.find(name);
  if (value == nullptr || value->is_null()) return std::nullopt;
  const auto string = value->string();
  if (!string) return refuse(Refusal::Invalid, wrong);
  return std::string(*string);
}

Result<std::optional<std::vector<std::string>>> texts(const json::Value& body, std::string_view name, std::string_view wrong) {
  const auto* value = body.find(name);
  if (value == nullptr || value->is_null()) return std::nullopt;
  if (value->array() == nullptr) return refuse(Refusal::Invalid, wrong);
  std::vector<std::string> out;
  for (const auto& item : *value->array()) {
    const auto string = item.string();
    if (!string) return refuse(Refusal::Invalid, wrong);
    out.emplace_back(*string);
  }
  return out;
}

Result<ledger::Stream> stream_of(const Call& call, const json::Value& body) {
  TRY(const auto id, text(body, "stream_id", "stream_id: a text is expected"));
  if (!id) return refuse(Refusal::Invalid, "stream_id: it is needed");
  return call.rooms.streams.find(*id, call.owner);
}

}  // namespace jeton::protocols::ssf
