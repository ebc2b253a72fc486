#include "formats/opaque/kind.h"

#include <array>

namespace jeton::opaque {
namespace {
constexpr std::array<std::string_view, 10> kNames = {"pat", "key", "at", "rt", "ac", "dc", "ses", "cs", "reg", "inv"};
}

std::string_view name(Kind kind) { return kNames[static_cast<std::size_t>(kind)]; }

std::optional<Kind> kind(std::string_view text) {
  for (std::size_t i = 0; i < kNames.size(); ++i)
    if (kNames[i] == text) return static_cast<Kind>(i);
  return std::nullopt;
}

}  // namespace jeton::opaque
