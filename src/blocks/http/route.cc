#include "blocks/http/route.h"

#include "blocks/http/path.h"

namespace jeton::http {
namespace {

constexpr auto bad(std::string_view what) { return refuse(Refusal::Malformed, what); }

std::string_view take_word(std::string_view& text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  const auto word = text.substr(0, text.find(' '));
  text.remove_prefix(word.size());
  return word;
}

std::string_view take_segment(std::string_view& path) {
  path.remove_prefix(1);
  const auto segment = path.substr(0, path.find('/'));
  path.remove_prefix(segment.size());
  return segment;
}

bool good_method(std::string_view method) {
  if (method == "*") return true;
  for (const char c : method)
    if (c < 'A' || c > 'Z') return false;
  return !method.empty() && method.size() <= 20;
}

// RFC 6749 §3.3
bool scope_token(std::string_view word) {
  for (const char c : word)
    if (c < 0x21 || c > 0x7e || c == '"' || c == '\\') return false;
  return !word.empty();
}

Status good_path(std::string_view path) {
  std::string room;
  TRY(const auto plain, plain_path(path, room));
  if (plain.data() != path.data()) return bad("a route's path is written without escapes");
  while (!path.empty()) {
    const auto segment = take_segment(path);
    if (segment == "**" && !path.empty()) return bad("** stands at the end of a route's path");
    if (segment.find('*') != std::string_view::npos && segment != "*" && segment != "**")
      return bad("* stands alone in its segment of a route's path");
  }
  return {};
}

}  // namespace

Result<RoutePattern> RoutePattern::parse(std::string_view text) {
  if (text.size() > 1024) return refuse(Refusal::TooLarge, "a route is at most 1024 characters");
  const auto method = take_word(text), path = take_word(text);
  if (!good_method(method)) return bad("a route begins with a method in capitals, or *");
  if (path.empty()) return bad("a route has a path after the method");
  TRY_VOID(good_path(path));
  RoutePattern route;
  route.method_ = method;
  route.path_ = path;
  for (auto scope = take_word(text); !scope.empty(); scope = take_word(text)) {
    if (!scope_token(scope)) return bad("a route's scope is not a scope");
    route.scope_.append(route.scope_.empty() ? "" : " ").append(scope);
  }
  return route;
}

bool RoutePattern::matches(std::string_view method, std::string_view path) const {
  if (method_ != "*" && method_ != method && !(method_ == "GET" && method == "HEAD")) return false;
  std::string_view pattern = path_;
  while (!pattern.empty()) {
    const auto wanted = take_segment(pattern);
    if (wanted == "**") return true;
    if (path.empty()) return false;
    const auto segment = take_segment(path);
    if (wanted == "*" ? segment.empty() : wanted != segment) return false;
    // "/a/**" takes "/a" too.
    if (path.empty() && pattern == "/**") return true;
  }
  return path.empty();
}

}  // namespace jeton::http
