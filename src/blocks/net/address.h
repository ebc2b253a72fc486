// IP addresses and prefixes: strict text, IPv4-mapped IPv6 is IPv4.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
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
  auto operator<=>(const Address&) const = default;

 private:
  enum class Kind : std::uint8_t { None, V4, V6 };
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
  bool holds(const Address& a) const;
  auto operator<=>(const Prefix&) const = default;
};

}  // namespace jeton::net
