#include "ground/base62.h"

#include <array>

namespace jeton::base62 {
namespace {

constexpr auto kValues = [] {
  std::array<std::int8_t, 256> values{};
  values.fill(-1);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i)
    values[static_cast<std::uint8_t>(kAlphabet[i])] = static_cast<std::int8_t>(i);
  return values;
}();

}  // namespace

bool is_digit(char c) { return kValues[static_cast<std::uint8_t>(c)] >= 0; }

bool all_digits(std::string_view text) {
  int all = 0;   // negative once one was
  for (const char c : text) all |= kValues[static_cast<std::uint8_t>(c)];
  return all >= 0;
}

void write6(std::uint32_t value, char* out) {
  for (int i = 5; i >= 0; --i) {
    out[i] = kAlphabet[value % 62];
    value /= 62;
  }
}

std::optional<std::uint32_t> read6(std::string_view six) {
  if (six.size() != 6) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : six) {
    const int digit = kValues[static_cast<std::uint8_t>(c)];
    if (digit < 0) return std::nullopt;
    value = value * 62 + static_cast<std::uint64_t>(digit);
  }
  if (value > UINT32_MAX) return std::nullopt;
  return static_cast<std::uint32_t>(value);
}

}  // namespace jeton::base62
