#include "program/cli/remote/server.h"

namespace jeton::cli {

Body& Body::scopes(std::span<const std::string> values) {
  std::vector<std::string> list;
  for (const std::string_view value : values) {
    for (auto left = value; !left.empty();) {
      const auto one = left.substr(0, left.find(' '));
      left.remove_prefix(std::min(one.size() + 1, left.size()));
      if (!one.empty()) list.emplace_back(one);
    }
  }
  return texts("scopes", list);
}

Body& Body::networks(const Arguments& given) {
  for (const std::string_view name : {"allow", "deny"}) {
    auto values = given.all("--" + std::string(name));
    if (values.empty()) continue;
    if (values.size() == 1 && values[0] == "none") values = {};
    writer_.strings(name, values);
  }
  return *this;
}

Body& Body::limits(const Arguments& given) {
  auto values = given.all("--limit");
  if (values.empty()) return *this;
  if (values.size() == 1 && values[0] == "none") values = {};
  writer_.strings("limits", values);
  return *this;
}

bool Body::metadata(std::span<const std::string> pairs) {
  if (pairs.empty()) return true;
  writer_.key("metadata").object();
  for (const std::string_view pair : pairs) {
    const auto equals = pair.find('=');
    if (equals == 0 || equals == std::string_view::npos) return false;
    writer_.member(pair.substr(0, equals), pair.substr(equals + 1));
  }
  writer_.end_object();
  return true;
}

}  // namespace jeton::cli
