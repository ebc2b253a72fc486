// Octets: owned, borrowed, and the casts between text and octets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace jeton {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;
using ByteSpan = std::span<std::uint8_t>;

inline ByteView as_bytes(std::string_view text) { return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}; }
inline std::string_view as_text(ByteView bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

// Whether both hold the same octets, in time that depends on the lengths alone. Different lengths are different.
bool equal_constant_time(ByteView a, ByteView b);

// Overwrites with zeros in a way the optimiser keeps.
void wipe(ByteSpan bytes);

std::string to_hex(ByteView bytes);
// Takes what `to_hex` wrote of as many octets. False where the text is anything else, also in capital letters: `out` is of no use then.
bool from_hex(std::string_view text, ByteSpan out);

}  // namespace jeton
