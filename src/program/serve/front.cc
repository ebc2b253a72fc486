#include "program/serve/front.h"

#include "program/log/log.h"

namespace jeton::serve {

std::string_view trace_id(const http::Request& request) {
  const auto parent = request.field("traceparent");
  if (!parent || parent->size() != 55 || !parent->starts_with("00-") || (*parent)[35] != '-' || (*parent)[52] != '-') return {};
  const auto id = parent->substr(3, 32);
  for (const char c : id)
    if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) return {};
  return id.find_first_not_of('0') == std::string_view::npos ? std::string_view() : id;
}

server::Place Front::place(const http::Request& request) {
  return protocols::Protocols::is_inline(request) ? server::Place::Inline : server::Place::Worker;
}

void Front::answer(const http::Request& request, http::Response& response, Instant now) { protocols_->answer(request, response, now); }

void Front::served(const http::Request& request, const http::Response& response, std::chrono::nanoseconds took) {
  metrics_.request(response.status, request.path == "/verify", took);
  const bool wanted = logged_ == Logged::All || (logged_ == Logged::Errors && response.status >= 500);
  if (!wanted) return;
  char peer[46];
  const auto size = request.origin.peer.write(peer);
  log::request({request.method, request.path, request.request_id, trace_id(request), std::string_view(peer, size), response.status, took});
}

}  // namespace jeton::serve
