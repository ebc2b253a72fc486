// Route patterns: which method and path need which scope.
#pragma once

#include <string>
#include <string_view>

#include "ground/result.h"

namespace jeton::http {

// "GET /orders/** orders:read": a method (or "*"), a path whose segments are text, "*" (one segment) or, at the end, "**" (any
// number, also none), and the scopes that are needed (none: any live token). HEAD goes where GET goes. Immutable; any thread.
class RoutePattern {
 public:
  // Malformed, with what is wrong.
  static Result<RoutePattern> parse(std::string_view text);
  // `path` is plain (http::plain_path). Allocates nothing.
  bool matches(std::string_view method, std::string_view path) const;
  // Space separated; may be empty. Lives as long as the pattern.
  std::string_view scope() const { return scope_; }
  std::string_view method() const { return method_; }
  std::string_view path() const { return path_; }

 private:
  std::string method_, path_, scope_;
};

}  // namespace jeton::http
