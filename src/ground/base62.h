// base62 in the order 0-9 A-Z a-z: the alphabet of opaque tokens, safe in a double click.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

namespace jeton::base62 {

inline constexpr std::string_view kAlphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

// What each character is worth; -1 where it is no digit.
inline constexpr auto kValues = [] {
  std::array<std::int8_t, 256> values{};
  values.fill(-1);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) values[static_cast<std::uint8_t>(kAlphabet[i])] = static_cast<std::int8_t>(i);
  return values;
}();

inline bool is_digit(char c) { return kValues[static_cast<std::uint8_t>(c)] >= 0; }

// Sixteen characters at once: all ones where one is a digit.
using Sixteen [[gnu::vector_size(16)]] = std::uint8_t;
inline Sixteen sixteen_digits(const char* text) {
  Sixteen c;
  std::memcpy(&c, text, sizeof c);
  const Sixteen letter = (c | 0x20) - 'a', digit = c - '0';
  return reinterpret_cast<Sixteen>((letter < 26) | (digit < 10));
}

inline bool all_digits(std::string_view text) {
  if (text.size() < sizeof(Sixteen)) {
    int all = 0;   // negative once one was
    for (const char c : text) all |= kValues[static_cast<std::uint8_t>(c)];
    return all >= 0;
  }
  // The last sixteen first; they may be looked at twice.
  Sixteen good = sixteen_digits(text.data() + (text.size() - sizeof(Sixteen)));
  for (std::size_t at = 0; at + sizeof(Sixteen) < text.size(); at += sizeof(Sixteen)) good &= sixteen_digits(text.data() + at);
  std::uint64_t halves[2];
  std::memcpy(halves, &good, sizeof good);
  return (halves[0] & halves[1]) == ~std::uint64_t{0};
}

// Writes `value` as exactly six digits, most significant first, zero padded. 62^6 > 2^32.
void write6(std::uint32_t value, char* out);

// The number that six digits spell; nothing where it is over 32 bits or not base62.
inline std::optional<std::uint32_t> read6(std::string_view six) {
  if (six.size() != 6) return std::nullopt;
  const auto digit = [&](std::size_t i) -> std::int64_t { return kValues[static_cast<std::uint8_t>(six[i])]; };
  // In pairs, so that no product waits for the one before it. Of a pair with a wrong one the sign is lost, so they are looked at alone.
  const std::int64_t wrong = digit(0) | digit(1) | digit(2) | digit(3) | digit(4) | digit(5);
  const std::int64_t value =
      (digit(0) * 62 + digit(1)) * (62 * 62 * 62 * 62) + (digit(2) * 62 + digit(3)) * (62 * 62) + digit(4) * 62 + digit(5);
  if (wrong < 0 || value > UINT32_MAX) return std::nullopt;
  return static_cast<std::uint32_t>(value);
}

}  // namespace jeton::base62
