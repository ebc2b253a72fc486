// Hexadecimal of the tables as octets. For the files of this room.
#pragma once

#include <string_view>

#include "ground/secret.h"

namespace jeton::crypto::selftest {

inline Bytes octets(std::string_view hex) {
  const auto digit = [](char c) { return static_cast<std::uint8_t>(c <= '9' ? c - '0' : c - 'a' + 10); };
  Bytes out(hex.size() / 2);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<std::uint8_t>(digit(hex[2 * i]) << 4 | digit(hex[2 * i + 1]));
  return out;
}
inline Secret secret(std::string_view hex) { return Secret(octets(hex)); }

// The same octets with one bit flipped, in the middle.
inline Bytes flipped(Bytes octets) {
  octets[octets.size() / 2] ^= 1;
  return octets;
}

}  // namespace jeton::crypto::selftest
