#include "blocks/net/address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace jeton::net {
namespace {

constexpr std::array<std::uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

// One decimal octet without a leading zero.
std::optional<std::uint8_t> take_octet(std::string_view& text) {
  std::size_t digits = 0;
  unsigned value = 0;
  while (digits < text.size() && digits < 4 && text[digits] >= '0' && text[digits] <= '9')
    value = value * 10 + static_cast<unsigned>(text[digits++] - '0');
  if (digits == 0 || digits > 3 || value > 255 || (digits > 1 && text[0] == '0')) return std::nullopt;
  text.remove_prefix(digits);
  return static_cast<std::uint8_t>(value);
}

std::optional<std::array<std::uint8_t, 4>> parse_v4(std::string_view text) {
  std::array<std::uint8_t, 4> octets{};
  for (std::size_t i = 0; i < 4; ++i) {
    if (i > 0) {
      if (!text.starts_with('.')) return std::nullopt;
      text.remove_prefix(1);
    }
    const auto octet = take_octet(text);
    if (!octet) return std::nullopt;
    octets[i] = *octet;
  }
  if (!text.empty()) return std::nullopt;
  return octets;
}

// The system's reader takes exactly RFC 4291 §2.2; zone ids and brackets hold characters it refuses. A dotted tail is read by
// our own stricter rule first.
std::optional<std::array<std::uint8_t, 16>> parse_v6(std::string_view text) {
  if (text.size() > 45 || text.find(':') == std::string_view::npos) return std::nullopt;
  for (const char c : text)
    if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == ':' || c == '.')) return std::nullopt;
  if (const auto dot = text.find('.'); dot != std::string_view::npos && !parse_v4(text.substr(text.rfind(':') + 1))) return std::nullopt;
  char copy[46];
  std::memcpy(copy, text.data(), text.size());
  copy[text.size()] = '\0';
  std::array<std::uint8_t, 16> octets{};
  if (::inet_pton(AF_INET6, copy, octets.data()) != 1) return std::nullopt;
  return octets;
}

}  // namespace

Address Address::v4(std::array<std::uint8_t, 4> octets) {
  Address a;
  a.kind_ = Kind::V4;
  std::copy(kMapped.begin(), kMapped.end(), a.octets_.begin());
  std::copy(octets.begin(), octets.end(), a.octets_.begin() + 12);
  return a;
}

Address Address::v6(std::array<std::uint8_t, 16> octets) {
  Address a;
  a.kind_ = std::equal(kMapped.begin(), kMapped.end(), octets.begin()) ? Kind::V4 : Kind::V6;
  a.octets_ = octets;
  return a;
}

std::optional<Address> Address::parse(std::string_view text) {
  if (const auto four = parse_v4(text)) return v4(*four);
  if (const auto sixteen = parse_v6(text)) return v6(*sixteen);
  return std::nullopt;
}

std::size_t Address::write(char* out) const {
  if (is_none()) return 0;
  const void* from = is_v4() ? octets_.data() + 12 : octets_.data();
  ::inet_ntop(is_v4() ? AF_INET : AF_INET6, from, out, INET6_ADDRSTRLEN);
  return std::strlen(out);
}

std::string Address::text() const {
  char out[INET6_ADDRSTRLEN];
  return std::string(out, write(out));
}

std::optional<Prefix> Prefix::parse(std::string_view text) {
  const auto slash = text.find('/');
  const auto base = Address::parse(text.substr(0, slash));
  if (!base) return std::nullopt;
  const unsigned most = base->is_v4() ? 32 : 128;
  // A mapped address with a length of its 128 bits could be meant in two ways.
  if (base->is_v4() && text.find(':') != std::string_view::npos && slash != std::string_view::npos) return std::nullopt;
  unsigned bits = most;
  if (slash != std::string_view::npos) {
    const auto length = text.substr(slash + 1);
    if (length.empty() || length.size() > 3 || (length.size() > 1 && length[0] == '0')) return std::nullopt;
    const auto [end, error] = std::from_chars(length.data(), length.data() + length.size(), bits);
    if (error != std::errc() || end != length.data() + length.size() || bits > most) return std::nullopt;
  }
  const unsigned fixed = bits + (128 - most);
  for (unsigned i = fixed; i < 128; ++i)
    if ((base->octets()[i / 8] >> (7 - i % 8) & 1) != 0) return std::nullopt;
  return Prefix{*base, static_cast<std::uint8_t>(bits)};
}

std::string Prefix::text() const { return base.text() + "/" + std::to_string(bits); }

}  // namespace jeton::net
