#include "program/scan/text.h"

#include <cstring>

namespace jeton::scan {
namespace {

constexpr std::size_t kLooked = 8192;

// Without a mark: every other octet of plain English is zero.
Form guess_utf16(std::string_view head) {
  std::size_t even = 0, odd = 0;
  for (std::size_t i = 0; i + 1 < head.size(); i += 2) {
    even += head[i] == 0;
    odd += head[i + 1] == 0;
  }
  const auto pairs = head.size() / 2;
  if (pairs >= 8 && odd * 10 >= pairs * 7 && even * 20 <= pairs) return Form::Utf16Little;
  if (pairs >= 8 && even * 10 >= pairs * 7 && odd * 20 <= pairs) return Form::Utf16Big;
  return Form::Binary;
}

void append_utf8(std::string& out, std::uint32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xc0 | c >> 6);
    out += static_cast<char>(0x80 | (c & 63));
  } else if (c < 0x10000) {
    out += static_cast<char>(0xe0 | c >> 12);
    out += static_cast<char>(0x80 | (c >> 6 & 63));
    out += static_cast<char>(0x80 | (c & 63));
  } else {
    out += static_cast<char>(0xf0 | c >> 18);
    out += static_cast<char>(0x80 | (c >> 12 & 63));
    out += static_cast<char>(0x80 | (c >> 6 & 63));
    out += static_cast<char>(0x80 | (c & 63));
  }
}

}  // namespace

Form form_of(std::string_view octets) {
  using namespace std::string_view_literals;
  if (octets.starts_with("\xff\xfe"sv)) return Form::Utf16Little;
  if (octets.starts_with("\xfe\xff"sv)) return Form::Utf16Big;
  if (octets.starts_with("PK\x03\x04"sv) || octets.starts_with("PK\x05\x06"sv)) return Form::Zip;
  if (octets.starts_with("\x1f\x8b\x08"sv)) return Form::Gzip;
  if (octets.size() >= 263 && octets.substr(257, 5) == "ustar"sv) return Form::Tar;
  if (octets.starts_with("BZh"sv) && octets.substr(0, 10).ends_with("1AY&SY"sv)) return Form::Packed;
  for (const auto mark :
       {"\xfd"
        "7zXZ\0"sv,
        "\x28\xb5\x2f\xfd"sv, "\x04\x22\x4d\x18"sv, "7z\xbc\xaf\x27\x1c"sv, "!<arch>\n"sv, "070701"sv, "070707"sv, "\xed\xab\xee\xdb"sv})
    if (octets.starts_with(mark)) return Form::Packed;
  if (octets.starts_with("Rar!\x1a\x07"sv)) return Form::Closed;
  const auto head = octets.substr(0, kLooked);
  if (std::memchr(head.data(), 0, head.size()) == nullptr) return Form::Text;
  return guess_utf16(head);
}

std::string utf8_of(std::string_view utf16, Form form) {
  const auto unit = [&](std::size_t i) {
    const auto a = static_cast<unsigned char>(utf16[i]), b = static_cast<unsigned char>(utf16[i + 1]);
    return static_cast<std::uint32_t>(form == Form::Utf16Little ? b << 8 | a : a << 8 | b);
  };
  std::string out;
  out.reserve(utf16.size() / 2 + utf16.size() / 8);
  std::size_t i = utf16.size() >= 2 && unit(0) == 0xfeff ? 2 : 0;
  for (; i + 1 < utf16.size(); i += 2) {
    auto c = unit(i);
    if (c >= 0xd800 && c < 0xdc00 && i + 3 < utf16.size() && unit(i + 2) >= 0xdc00 && unit(i + 2) < 0xe000) {
      c = 0x10000 + ((c - 0xd800) << 10) + (unit(i + 2) - 0xdc00);
      i += 2;
    } else if (c >= 0xd800 && c < 0xe000) {
      c = 0xfffd;
    }
    append_utf8(out, c);
  }
  return out;
}

}  // namespace jeton::scan
