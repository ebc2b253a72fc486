// What kind of octets these are, and UTF-16 as the UTF-8 the rules read.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace jeton::scan {

enum class Form : std::uint8_t { Text, Utf16Little, Utf16Big, Zip, Gzip, Tar, Packed, Closed, Binary };

// By their first octets; Packed is what a library opens (bzip2, xz, zstd, lz4, 7z, ar, cpio, rpm), Closed an archive that is told of and
// not opened (rar: see docs/formats/scan-rules.md).
Form form_of(std::string_view octets);
// Lone surrogates become U+FFFD, an odd octet at the end is left out.
std::string utf8_of(std::string_view utf16, Form form);

}  // namespace jeton::scan
