#include "protocols/problem.h"

#include "blocks/json/writer.h"

namespace jeton::protocols {
namespace {

Problem of_refusal(Refusal refusal) {
  switch (refusal) {
    case Refusal::Malformed: return {400, "malformed", "The request is malformed", {}, {}};
    case Refusal::TooLarge: return {413, "too_large", "Too large", {}, {}};
    case Refusal::Unsupported: return {422, "unsupported", "Not supported", {}, {}};
    case Refusal::Invalid: return {422, "validation", "A value is not allowed", {}, {}};
    case Refusal::Denied: return {403, "forbidden", "Not allowed", {}, {}};
    case Refusal::NotFound: return {404, "not_found", "Not found", {}, {}};
    case Refusal::Conflict: return {409, "conflict", "Conflict", {}, {}};
    case Refusal::RateLimited: return {429, "rate_limited", "Too many requests", {}, {}};
    default: return {422, "validation", "A value is not allowed", {}, {}};
  }
}

// "scopes: at most 100" is about the member "scopes".
std::string_view field_of(std::string_view detail) {
  const auto colon = detail.find(": ");
  if (colon == std::string_view::npos || detail.substr(0, colon).find(' ') != std::string_view::npos) return {};
  return detail.substr(0, colon);
}

}  // namespace

Problem problem_of(const Failure& failure) {
  if (failure.is_fault()) {
    const bool outage = !failure.is(Fault::Crypto);
    return {outage ? 503 : 500,
            outage ? "unavailable" : "internal",
            outage ? "Not available now" : "Internal error",
            outage ? "nothing was changed that was not acknowledged; try again soon" : "",
            {}};
  }
  Problem p = of_refusal(failure.refusal());
  p.detail = failure.detail();
  p.field = field_of(p.detail);
  return p;
}

void write(const Problem& p, const http::Request& request, http::Response& response) {
  const std::string id(request.request_id);
  response.clear();
  response.status = p.status;
  response.field("Content-Type", "application/problem+json");
  response.field("Cache-Control", "no-store");
  if (p.status == 503) response.field("Retry-After", "1");
  json::Writer w(response.body);
  w.object().member("type", std::string("urn:jeton:problem:") + std::string(p.type)).member("title", p.title);
  w.member("status", p.status);
  if (!p.detail.empty()) w.member("detail", p.detail);
  w.member("request_id", id);
  if (!p.field.empty()) {
    w.key("errors").array().object().member("field", p.field).member("detail", p.detail.substr(p.field.size() + 2));
    w.end_object().end_array();
  }
  w.end_object();
}

}  // namespace jeton::protocols
