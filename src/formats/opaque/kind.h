// The kinds of opaque tokens and their spelling.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace jeton::opaque {

enum class Kind : std::uint8_t {
  Pat,  // personal access token
  Key,  // API key of a service account
  At,   // opaque access token
  Rt,   // refresh token
  Ac,   // authorization code
  Dc,   // device code
  Ses,  // session
  Cs,   // client secret
  Reg,  // registration access token
  Inv,  // invitation
};

inline constexpr std::array<std::string_view, 10> kNames = {"pat", "key", "at", "rt", "ac", "dc", "ses", "cs", "reg", "inv"};

constexpr std::string_view name(Kind kind) { return kNames[static_cast<std::size_t>(kind)]; }   // "pat"

// Two or three characters as a number: names are compared for every token that is shown.
constexpr std::uint32_t number(std::string_view name) {
  const auto at = [&](std::size_t i) { return std::uint32_t{static_cast<std::uint8_t>(name[i])}; };
  return name.size() < 3 ? at(0) << 8 | at(1) : at(0) << 16 | at(1) << 8 | at(2);
}

inline constexpr auto kNumbers = [] {
  std::array<std::uint32_t, kNames.size()> numbers{};
  for (std::size_t i = 0; i < kNames.size(); ++i) numbers[i] = number(kNames[i]);
  return numbers;
}();

// Exact.
constexpr std::optional<Kind> kind(std::string_view name) {
  if (name.size() < 2 || name.size() > 3) return std::nullopt;
  const std::uint32_t asked = number(name);
  for (std::size_t i = 0; i < kNumbers.size(); ++i)
    if (kNumbers[i] == asked) return static_cast<Kind>(i);
  return std::nullopt;
}

}  // namespace jeton::opaque
