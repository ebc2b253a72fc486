#include "ground/instant.h"

#include <charconv>
#include <cstdio>

namespace jeton {
namespace {

constexpr std::int64_t kMaxDuration = 100LL * 366 * 86400;

// Reads exactly `digits` decimal digits at `at` and moves on.
std::optional<int> take_digits(std::string_view text, std::size_t& at, std::size_t digits) {
  if (text.size() < at + digits) return std::nullopt;
  int value = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    const char c = text[at + i];
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  at += digits;
  return value;
}

bool take_char(std::string_view text, std::size_t& at, char wanted) {
  if (at >= text.size() || text[at] != wanted) return false;
  ++at;
  return true;
}

// Milliseconds of ".123456"; further digits are dropped.
std::optional<int> take_fraction(std::string_view text, std::size_t& at) {
  if (at >= text.size() || text[at] != '.') return 0;
  ++at;
  int ms = 0, digits = 0;
  for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, ++digits)
    if (digits < 3) ms = ms * 10 + (text[at] - '0');
  if (digits == 0 || digits > 9) return std::nullopt;
  for (; digits < 3; ++digits) ms *= 10;
  return ms;
}

// Seconds east of UTC of "Z" or "+01:00".
std::optional<int> take_offset(std::string_view text, std::size_t& at) {
  if (take_char(text, at, 'Z') || take_char(text, at, 'z')) return 0;
  const bool west = at < text.size() && text[at] == '-';
  if (!west && (at >= text.size() || text[at] != '+')) return std::nullopt;
  ++at;
  const auto hours = take_digits(text, at, 2);
  if (!hours || !take_char(text, at, ':')) return std::nullopt;
  const auto minutes = take_digits(text, at, 2);
  if (!minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  return (west ? -1 : 1) * (*hours * 3600 + *minutes * 60);
}

std::int64_t unit_seconds(char unit) {
  switch (unit) {
    case 'd': return 86400;
    case 'h': return 3600;
    case 'm': return 60;
    case 's': return 1;
    default: return 0;
  }
}

}  // namespace

std::string to_rfc3339(Instant t) {
  using namespace std::chrono;
  const sys_seconds at{std::chrono::seconds(t.seconds())};
  const auto day = floor<days>(at);
  const year_month_day date{day};
  const hh_mm_ss clock{at - day};
  char out[40];
  std::snprintf(out, sizeof out, "%04d-%02u-%02uT%02d:%02d:%02dZ", int(date.year()), unsigned(date.month()), unsigned(date.day()),
                int(clock.hours().count()), int(clock.minutes().count()), int(clock.seconds().count()));
  return out;
}

std::optional<Instant> parse_rfc3339(std::string_view text) {
  using namespace std::chrono;
  std::size_t at = 0;
  const auto y = take_digits(text, at, 4);
  if (!y || !take_char(text, at, '-')) return std::nullopt;
  const auto mo = take_digits(text, at, 2);
  if (!mo || !take_char(text, at, '-')) return std::nullopt;
  const auto d = take_digits(text, at, 2);
  if (!d || !(take_char(text, at, 'T') || take_char(text, at, 't'))) return std::nullopt;
  const auto h = take_digits(text, at, 2);
  if (!h || !take_char(text, at, ':')) return std::nullopt;
  const auto mi = take_digits(text, at, 2);
  if (!mi || !take_char(text, at, ':')) return std::nullopt;
  const auto s = take_digits(text, at, 2);
  if (!s) return std::nullopt;
  const auto ms = take_fraction(text, at);
  const auto offset = ms ? take_offset(text, at) : std::nullopt;
  const year_month_day date{year(*y), month(*mo), day(*d)};
  if (!offset || at != text.size() || !date.ok() || *h > 23 || *mi > 59 || *s > 60) return std::nullopt;
  const auto total = sys_days(date).time_since_epoch().count() * 86400LL + *h * 3600 + *mi * 60 + *s - *offset;
  return Instant::from_millis(total * 1000 + *ms);
}

std::optional<Seconds> parse_duration(std::string_view text) {
  if (text.empty()) return std::nullopt;
  std::int64_t total = 0, last_unit = INT64_MAX;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end) {
    std::int64_t count = 0;
    if (*at < '0' || *at > '9') return std::nullopt;
    const auto [next, error] = std::from_chars(at, end, count);
    if (error != std::errc() || next == end || count > kMaxDuration) return std::nullopt;
    const std::int64_t unit = unit_seconds(*next);
    if (unit == 0 || unit >= last_unit || count > kMaxDuration / unit) return std::nullopt;
    total += count * unit;
    if (total > kMaxDuration) return std::nullopt;
    last_unit = unit;
    at = next + 1;
  }
  return Seconds(total);
}

std::string to_text(Seconds d) {
  std::int64_t left = d.count();
  if (left <= 0) return "0s";
  std::string out;
  for (const char unit : {'d', 'h', 'm', 's'}) {
    const std::int64_t size = unit_seconds(unit);
    if (left < size) continue;
    out += std::to_string(left / size) + unit;
    left %= size;
  }
  return out;
}

}  // namespace jeton
