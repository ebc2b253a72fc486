// IP addresses and prefixes: strict text, IPv4-mapped IPv6 is IPv4.
#pragma once

#include <array>
#include <bit>
#include <compare>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace jeton::net {

// One address. IPv4 and IPv4-mapped IPv6 are the same value. Default: no address (`is_none()`), which no prefix holds.
class Address {
 public:
  constexpr Address() = default;
  static Address v4(std::array<std::uint8_t, 4> octets);
  static Address v6(std::array<std::uint8_t, 16> octets);
  // Dotted quad (no octal, no short form) or RFC 4291 text (no zone id, no brackets). Nothing else.
  static std::optional<Address> parse(std::string_view text);
  // RFC 5952 for IPv6.
  std::string text() const;
  // Writes the text into `out` (at least 46 characters); returns its length.
  std::size_t write(char* out) const;
  bool is_none() const { return kind_ == Kind::None; }
  bool is_v4() const { return kind_ == Kind::V4; }
  // 16 octets; IPv4 in its mapped form ::ffff:a.b.c.d.
  const std::array<std::uint8_t, 16>& octets() const { return octets_; }
  // Both halves as numbers: two addresses are in the order of their octets.
  std::uint64_t high() const { return half(0); }
  std::uint64_t low() const { return half(8); }
  std::strong_ordering operator<=>(const Address& o) const {
    if (const auto order = high() <=> o.high(); order != 0) return order;
    if (const auto order = low() <=> o.low(); order != 0) return order;
    return kind_ <=> o.kind_;
  }
  bool operator==(const Address&) const = default;

 private:
  enum class Kind : std::uint8_t { None, V4, V6 };
  std::uint64_t half(std::size_t at) const {
    std::uint64_t word;
    std::memcpy(&word, octets_.data() + at, sizeof word);
    return std::endian::native == std::endian::little ? __builtin_bswap64(word) : word;
  }
  std::array<std::uint8_t, 16> octets_{};
  Kind kind_ = Kind::None;
};

// A CIDR prefix. An IPv4 prefix never holds an IPv6 address, nor the reverse (::/0 is not 0.0.0.0/0).
struct Prefix {
  Address base;              // host bits zero
  std::uint8_t bits = 0;     // within its own family: 0-32 or 0-128

  // "10.0.0.0/8", "2001:db8::/32", or an address alone (/32, /128). Host bits set: refused.
  static std::optional<Prefix> parse(std::string_view text);
  std::string text() const;
  bool holds(const Address& a) const {
    if (a.is_none() || base.is_none() || a.is_v4() != base.is_v4()) return false;
    const unsigned fixed = base.is_v4() ? bits + 96u : bits;
    const auto differs = [](std::uint64_t x, std::uint64_t y, unsigned n) { return n != 0 && (x ^ y) >> (64 - n) != 0; };
    return !differs(a.high(), base.high(), fixed < 64 ? fixed : 64) && !differs(a.low(), base.low(), fixed < 64 ? 0 : fixed - 64);
  }
  auto operator<=>(const Prefix&) const = default;
};

}  // namespace jeton::net
