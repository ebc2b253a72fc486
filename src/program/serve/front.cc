#include "program/serve/front.h"

#include "blocks/http/trace.h"
#include "program/log/log.h"

namespace jeton::serve {

server::Place Front::place(const http::Request& request) {
  switch (protocols::Protocols::pace(request)) {
    case protocols::Pace::AtOnce: return server::Place::Inline;
    case protocols::Pace::Hurried: return server::Place::Hurried;
    default: return server::Place::Worker;
  }
}

void Front::answer(const http::Request& request, http::Response& response, Instant now) {
  const auto passed_on = certificates_.find(request, now);
  if (!passed_on) return protocols_->answer(request, response, now);
  http::Request behind = request;
  behind.origin.certificate = passed_on->get();
  protocols_->answer(behind, response, now);
}

// The path as it came, but for segments no id is as long as: some callers put a token there by mistake.
std::string logged_path(std::string_view path) {
  constexpr std::size_t kLongestId = 40;
  std::string out;
  while (!path.empty()) {
    const auto segment = path.substr(0, path.find('/'));
    out.append(segment.size() > kLongestId ? "..." : segment);
    path.remove_prefix(segment.size());
    if (path.empty()) break;
    out += '/';
    path.remove_prefix(1);
  }
  return out;
}

void Front::served(const http::Request& request, const http::Response& response, std::chrono::nanoseconds took) {
  metrics_.request(response.status, request.path == "/verify", took);
  const bool wanted = logged_ == Logged::All || (logged_ == Logged::Errors && response.status >= 500);
  if (!wanted) return;
  char peer[46];
  const auto size = request.origin.peer.write(peer);
  log::request({request.method, logged_path(request.path), request.request_id, http::trace_id(request), std::string_view(peer, size),
                response.status, took});
}

}  // namespace jeton::serve
