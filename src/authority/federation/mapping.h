// Attributes of assertions, and what they are of a user.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace jeton::federation {

// One attribute and one fact of a user: told by us of our users, or to us of theirs.
struct Mapping {
  std::string attribute;   // its name in the assertion
  std::string source;      // "name", "email", "id", or "metadata.NAME"
};
using Mappings = std::vector<Mapping>;
inline constexpr std::size_t kMostMappings = 64;

inline bool good_source(std::string_view source) {
  return source == "name" || source == "email" || source == "id" || (source.starts_with("metadata.") && source.size() > 9);
}

}  // namespace jeton::federation
