// ZIP (PKWARE APPNOTE): the central directory says what there is; a member's own header only how long it is itself.
#include <algorithm>

#include "program/scan/archive/archive.h"

namespace jeton::scan::archive {
namespace {

constexpr std::size_t kEndSize = 22, kEntrySize = 46, kLocalSize = 30;

std::uint32_t number(std::string_view octets, std::size_t at, std::size_t size) {
  std::uint32_t n = 0;
  for (std::size_t i = size; i-- > 0;) n = n << 8 | static_cast<unsigned char>(octets[at + i]);
  return n;
}

// Where the record of the end stands: behind it is a comment of at most 65,535 octets.
std::size_t find_end(std::string_view octets) {
  const auto low = octets.size() > kEndSize + 65535 ? octets.size() - kEndSize - 65535 : 0;
  const auto at = octets.substr(low).rfind(std::string_view("PK\x05\x06", 4));
  return at == std::string_view::npos ? at : low + at;
}

void open_member(std::string_view octets, std::size_t entry, std::string_view name, Allowance& left, const Member& member,
                 const Trouble& trouble) {
  const auto flags = number(octets, entry + 8, 2), method = number(octets, entry + 10, 2);
  const std::size_t packed = number(octets, entry + 20, 4), local = number(octets, entry + 42, 4);
  if ((flags & 1) != 0) return trouble(name, "it is encrypted");
  if (method != 0 && method != 8) return trouble(name, "its compression is not known here");
  if (local > octets.size() || octets.size() - local < kLocalSize || octets.substr(local, 4) != std::string_view("PK\x03\x04", 4))
    return trouble(name, "the archive is damaged");
  const auto begin = local + kLocalSize + number(octets, local + 26, 2) + number(octets, local + 28, 2);
  if (begin > octets.size() || octets.size() - begin < packed) return trouble(name, "the archive is damaged");
  const auto data = octets.substr(begin, packed);
  const auto most = std::min(left.octets, kLargestMember);
  if (method == 0) {
    if (data.size() > most) return trouble(name, "it is larger than is read");
    left.octets -= data.size();
    return member(name, data);
  }
  std::string out;
  const auto done = inflate(data, Wrapping::Raw, most, out);
  left.octets -= std::min(left.octets, out.size());
  if (done == Unpacked::TooLarge) trouble(name, "it unpacks to more than is read");
  if (done == Unpacked::Damaged) trouble(name, "the compressed data are damaged");
  if (!out.empty()) member(name, out);
}

}  // namespace

void open_zip(std::string_view octets, Allowance& left, const Member& member, const Trouble& trouble) {
  const auto end = find_end(octets);
  if (end == std::string_view::npos || octets.size() - end < kEndSize) return trouble("", "the archive is damaged");
  const std::size_t count = number(octets, end + 10, 2);
  std::size_t at = number(octets, end + 16, 4);
  if (at == 0xffffffff || count == 0xffff) return trouble("", "archives over 4 GiB are not opened");
  for (std::size_t i = 0; i < count; ++i) {
    if (at > octets.size() || octets.size() - at < kEntrySize || octets.substr(at, 4) != std::string_view("PK\x01\x02", 4))
      return trouble("", "the archive is damaged");
    const std::size_t name_size = number(octets, at + 28, 2), rest = number(octets, at + 30, 2) + number(octets, at + 32, 2);
    if (octets.size() - at - kEntrySize < name_size) return trouble("", "the archive is damaged");
    if (left.members == 0 || left.octets == 0) return trouble("", "it holds more than is read");
    --left.members;
    const auto name = octets.substr(at + kEntrySize, name_size);
    if (!name.ends_with('/')) open_member(octets, at, name, left, member, trouble);
    at += kEntrySize + name_size + rest;
  }
}

}  // namespace jeton::scan::archive
