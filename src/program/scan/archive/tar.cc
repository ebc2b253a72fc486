// tar: ustar (POSIX.1-1988), with the long names of pax and GNU.
#include <algorithm>
#include <optional>

#include "program/scan/archive/archive.h"

namespace jeton::scan::archive {
namespace {

constexpr std::size_t kBlock = 512;

std::string_view field(std::string_view block, std::size_t at, std::size_t size) {
  const auto text = block.substr(at, size);
  return text.substr(0, text.find('\0'));
}

std::optional<std::size_t> octal(std::string_view text) {
  std::size_t n = 0;
  for (const char c : text) {
    if (c == ' ') continue;
    if (c < '0' || c > '7' || n > (std::size_t(1) << 40)) return std::nullopt;
    n = n * 8 + static_cast<std::size_t>(c - '0');
  }
  return n;
}

// The checksum is taken with its own field as spaces.
bool sound(std::string_view block) {
  const auto said = octal(field(block, 148, 8));
  std::size_t sum = 8 * ' ';
  for (std::size_t i = 0; i < kBlock; ++i)
    if (i < 148 || i >= 156) sum += static_cast<unsigned char>(block[i]);
  return said && *said == sum;
}

// The path of a pax header, "LENGTH path=VALUE\n" among others.
std::string_view pax_path(std::string_view records) {
  while (!records.empty()) {
    std::size_t length = 0, i = 0;
    while (i < records.size() && i < 9 && records[i] >= '0' && records[i] <= '9')
      length = length * 10 + static_cast<std::size_t>(records[i++] - '0');
    if (length <= i + 1 || length > records.size()) return {};
    const auto record = records.substr(i + 1, length - i - 2);
    if (record.starts_with("path=")) return record.substr(5);
    records.remove_prefix(length);
  }
  return {};
}

}  // namespace

void open_tar(std::string_view octets, Allowance& left, const Member& member, const Trouble& trouble) {
  std::string long_name;
  for (std::size_t at = 0; at + kBlock <= octets.size();) {
    const auto block = octets.substr(at, kBlock);
    if (block.find_first_not_of('\0') == std::string_view::npos) return;   // the end
    const auto size = octal(field(block, 124, 12));
    if (!sound(block) || !size) return trouble("", "the archive is damaged");
    at += kBlock;
    const bool whole = octets.size() - at >= *size;
    const auto data = octets.substr(at, *size);
    const char type = block[156];
    if (type == 'L') {
      long_name = data.substr(0, data.find('\0'));
    } else if (type == 'x') {
      long_name = pax_path(data);
    } else if (type == '0' || type == '\0' || type == '7') {
      if (left.members == 0) return trouble("", "it holds more than is read");
      --left.members;
      const auto prefix = field(block, 345, 155);
      std::string name =
          long_name.empty() ? (prefix.empty() ? "" : std::string(prefix) + "/") + std::string(field(block, 0, 100)) : long_name;
      if (!whole) trouble(name, "the archive is cut off");
      // In memory already: what it costs was counted when it was unpacked.
      if (!data.empty()) member(name, data);
      long_name.clear();
    }
    if (!whole) return;
    at += (*size + kBlock - 1) / kBlock * kBlock;
  }
}

}  // namespace jeton::scan::archive
