// Opens zip, tar, gzip, and by a library what else is common, in memory, within bounds. Nothing is written anywhere: a member's name is only a name.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "program/scan/text.h"

namespace jeton::scan::archive {

inline constexpr std::size_t kLargestMember = 64 << 20;  // octets, unpacked
inline constexpr std::size_t kMostUnpacked = 512 << 20;  // of an outermost archive and all within
inline constexpr std::size_t kMostMembers = 200'000;
inline constexpr unsigned kDeepest = 4;  // archives within archives

// What is left of the bounds; one for an outermost archive, handed down to those within.
struct Allowance {
  std::size_t octets = kMostUnpacked, members = kMostMembers;
};

// A member's name, made fit to print by nobody yet, and its octets, borrowed for the call.
using Member = std::function<void(std::string_view name, std::string_view octets)>;
// What could not be read of it, with a member's name or an empty one.
using Trouble = std::function<void(std::string_view name, std::string_view why)>;

void open(std::string_view octets, Form form, Allowance& left, const Member& member, const Trouble& trouble);

void open_zip(std::string_view octets, Allowance& left, const Member& member, const Trouble& trouble);
void open_tar(std::string_view octets, Allowance& left, const Member& member, const Trouble& trouble);
void open_gzip(std::string_view octets, Allowance& left, const Member& member, const Trouble& trouble);
void open_packed(std::string_view octets, Allowance& left, const Member& member, const Trouble& trouble);

enum class Wrapping : std::uint8_t { Raw, Gzip };
enum class Unpacked : std::uint8_t { Whole, TooLarge, Damaged };
// Inflates into `out`, at most `most` octets; what was made before the trouble is kept.
Unpacked inflate(std::string_view packed, Wrapping wrapping, std::size_t most, std::string& out);

}  // namespace jeton::scan::archive
