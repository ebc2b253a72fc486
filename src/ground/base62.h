// base62 in the order 0-9 A-Z a-z: the alphabet of opaque tokens, safe in a double click.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace jeton::base62 {

inline constexpr std::string_view kAlphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

bool is_digit(char c);
bool all_digits(std::string_view text);
// Writes `value` as exactly six digits, most significant first, zero padded. 62^6 > 2^32.
void write6(std::uint32_t value, char* out);
// The number that six digits spell; nothing where it is over 32 bits or not base62.
std::optional<std::uint32_t> read6(std::string_view six);

}  // namespace jeton::base62
