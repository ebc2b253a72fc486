#include "protocols/limited.h"

#include <charconv>

#include "protocols/problem.h"

namespace jeton::protocols {
namespace {

// A number as text, without the heap.
struct Digits {
  char text[20];
  std::size_t size;
  explicit Digits(std::uint64_t n) : size(static_cast<std::size_t>(std::to_chars(text, text + sizeof text, n).ptr - text)) {}
  operator std::string_view() const { return {text, size}; }
};

}  // namespace

void limit_fields(const limits::Refused& r, http::Response& response) {
  const Digits wait(r.wait), quota(r.quota), window(r.window);
  const auto level = limits::name(r.level);
  response.field("Retry-After", wait);
  // Credits have no window, and no time after which they are there again.
  if (r.kind == limits::Kind::Credits) {
    response.field("RateLimit-Policy", {"\"", level, "\";q=", quota});
    response.field("RateLimit", {"\"", level, "\";r=0"});
    return;
  }
  response.field("RateLimit-Policy", {"\"", level, "\";q=", quota, ";w=", window});
  response.field("RateLimit", {"\"", level, "\";r=0;t=", wait});
}

void write_limited(const limits::Refused& r, const http::Request& request, http::Response& response) {
  write({429, "rate_limited", "Too many requests", "come again after Retry-After", {}}, request, response);
  limit_fields(r, response);
}

}  // namespace jeton::protocols
