#include "authority/limits/limit.h"

#include <charconv>

namespace jeton::limits {
namespace {

constexpr std::uint32_t kMost = 1'000'000'000;
constexpr std::uint64_t kMostCredits = 1'000'000'000'000'000;
constexpr std::string_view kCredits = " credits";
constexpr Seconds kLongestWindow{31 * 86400};

auto bad() {
  return refuse(Refusal::Invalid,
                "limits: as \"100/1m\", \"100/1m burst 20\", \"1000/day\", \"20000/month\" or \"5000 credits\", one of each kind at most");
}

template <class Number>
Result<Number> number(std::string_view text, Number most) {
  Number n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc() || end != text.data() + text.size() || n == 0 || n > most || text[0] == '0') return bad();
  return n;
}

Status take_rate(Limit& to, std::uint32_t count, std::string_view rest) {
  if (to.count != 0) return bad();
  to.count = to.burst = count;
  constexpr std::string_view kBurst = " burst ";
  if (const auto at = rest.find(kBurst); at != std::string_view::npos) {
    TRY(to.burst, number(rest.substr(at + kBurst.size()), kMost));
    rest = rest.substr(0, at);
  }
  const auto window = parse_duration(rest);
  // A call's share of the window is counted in whole nanoseconds.
  if (!window || *window < Seconds(1) || *window > kLongestWindow || to.burst > count || count > 1'000'000) return bad();
  to.window = *window;
  return {};
}

Status take(Limit& to, std::string_view text) {
  if (text.ends_with(kCredits)) {
    if (to.credits != 0) return bad();
    TRY(to.credits, number(text.substr(0, text.size() - kCredits.size()), kMostCredits));
    return {};
  }
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return bad();
  TRY(const auto count, number(text.substr(0, slash), kMost));
  const auto rest = text.substr(slash + 1);
  if (rest != "day" && rest != "month") return take_rate(to, count, rest);
  auto& quota = rest == "day" ? to.per_day : to.per_month;
  if (quota != 0) return bad();
  quota = count;
  return {};
}

}  // namespace

Result<Limit> Limit::parse(std::span<const std::string> texts) {
  Limit limit;
  for (const auto& text : texts) TRY_VOID(take(limit, text));
  return limit;
}

Result<Limit> Limit::parse(std::string_view joined) {
  Limit limit;
  while (!joined.empty()) {
    const auto one = joined.substr(0, joined.find(','));
    joined.remove_prefix(std::min(one.size() + 1, joined.size()));
    if (joined.starts_with(' ')) joined.remove_prefix(1);
    TRY_VOID(take(limit, one));
  }
  return limit;
}

std::vector<std::string> Limit::texts() const {
  std::vector<std::string> out;
  if (count != 0) out.push_back(std::to_string(count) + "/" + to_text(window) + (burst == count ? "" : " burst " + std::to_string(burst)));
  if (per_day != 0) out.push_back(std::to_string(per_day) + "/day");
  if (per_month != 0) out.push_back(std::to_string(per_month) + "/month");
  if (credits != 0) out.push_back(std::to_string(credits).append(kCredits));
  return out;
}

std::string Limit::text() const {
  std::string out;
  for (const auto& one : texts()) out += (out.empty() ? "" : ", ") + one;
  return out;
}

}  // namespace jeton::limits
