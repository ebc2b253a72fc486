// Time is an argument: one reading at the door, passed down.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace jeton {

using Seconds = std::chrono::seconds;
using Millis = std::chrono::milliseconds;

// A point in time, in milliseconds since 1970-01-01T00:00:00Z. Tokens carry whole seconds.
class Instant {
 public:
  constexpr Instant() = default;
  static constexpr Instant from_millis(std::int64_t ms) { return Instant(ms); }
  static constexpr Instant from_seconds(std::int64_t s) { return Instant(s * 1000); }
  constexpr std::int64_t millis() const { return ms_; }
  // Rounded down.
  constexpr std::int64_t seconds() const { return ms_ / 1000 - (ms_ % 1000 < 0 ? 1 : 0); }
  constexpr auto operator<=>(const Instant&) const = default;
  constexpr Instant operator+(Millis d) const { return Instant(ms_ + d.count()); }
  constexpr Instant operator-(Millis d) const { return Instant(ms_ - d.count()); }
  constexpr Millis operator-(Instant other) const { return Millis(ms_ - other.ms_); }

 private:
  explicit constexpr Instant(std::int64_t ms) : ms_(ms) {}
  std::int64_t ms_ = 0;
};

// RFC 3339 in UTC, whole seconds: "2026-11-24T10:00:00Z".
std::string to_rfc3339(Instant t);
// Accepts "2026-11-24T10:00:00Z", fractions of a second, and numeric offsets (RFC 3339 §5.6).
std::optional<Instant> parse_rfc3339(std::string_view text);

// "30d", "12h", "90m", "45s", and sums such as "1h30m"; at most 100 years. Nothing else.
std::optional<Seconds> parse_duration(std::string_view text);
// The shortest such spelling: "30d", "1h30m", "0s".
std::string to_text(Seconds d);

}  // namespace jeton
