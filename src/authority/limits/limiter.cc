#include "authority/limits/limiter.h"

#include <algorithm>
#include <cstring>

#include "authority/limits/spent.h"

namespace jeton::limits {
namespace {

using Word = std::atomic<std::uint64_t>;

// What a throttled token may still do: enough for its holder to see why, too little to work with.
constexpr Limit kThrottled{.count = 6, .burst = 2, .window = Seconds(60)};
// No time brings credits; who has none need not ask more often.
constexpr std::uint32_t kAskForCredits = 3600;

std::uint64_t key_of(const Ulid& id) {
  std::uint64_t key;
  std::memcpy(&key, id.octets.data() + 8, sizeof key);
  return key;
}

// Ids of different kinds may be the same but for their kind (a client's and its own service account's): the level stands in the upper
// half of the first octet, which time does not reach for thousands of years.
Ulid marked(Level level, Ulid id) {
  id.octets[0] = static_cast<std::uint8_t>(id.octets[0] ^ (static_cast<unsigned>(level) << 4));
  return id;
}

std::uint64_t nanos(Instant now) { return static_cast<std::uint64_t>(std::max<std::int64_t>(now.millis(), 0)) * 1'000'000; }
std::uint32_t seconds_of(std::uint64_t nanoseconds) {
  return static_cast<std::uint32_t>(std::max<std::uint64_t>(1, (nanoseconds + 999'999'999) / 1'000'000'000));
}

std::optional<Refused> take_rate_of(Level level, const Limit& l, Word& word, Instant now) {
  const auto interval = static_cast<std::uint64_t>(l.window.count()) * 1'000'000'000 / l.count;
  std::uint64_t wait = 0;
  if (take_rate(word, nanos(now), interval, interval * l.burst, wait)) return std::nullopt;
  return Refused{level, Kind::Rate, l.count, static_cast<std::uint32_t>(l.window.count()), seconds_of(wait)};
}

// Months since year 0, and the second at which the next one begins.
struct Month {
  std::uint64_t number = 0, length = 0;
  std::int64_t ends = 0;
};
Month month_of(std::int64_t seconds) {
  using namespace std::chrono;
  const sys_days today{days(seconds / 86400)};
  const year_month_day date(today);
  const auto first = date.year() / date.month() / 1;
  const sys_days next = (date.year() / date.month() + months(1)) / 1;
  return {static_cast<std::uint64_t>(int(date.year()) * 12 + int(unsigned(date.month())) - 1),
          static_cast<std::uint64_t>((next - sys_days(first)).count()) * 86400, next.time_since_epoch().count() * 86400LL};
}

std::optional<Refused> take_quotas_of(Level level, const Limit& l, Word& day, Word& month, Instant now) {
  const auto s = std::max<std::int64_t>(now.seconds(), 0);
  const auto m = l.per_month == 0 ? Month() : month_of(s);
  const Refused over_month{level, Kind::Month, l.per_month, static_cast<std::uint32_t>(m.length), static_cast<std::uint32_t>(m.ends - s)};
  // Looked at before the day is charged: what the month refuses spends nothing of the day.
  if (l.per_month != 0 && spent_in(month.load(std::memory_order_relaxed), m.number) >= l.per_month) return over_month;
  if (l.per_day != 0 && !take_quota(day, static_cast<std::uint64_t>(s / 86400), l.per_day))
    return Refused{level, Kind::Day, l.per_day, 86400, static_cast<std::uint32_t>(86400 - s % 86400)};
  if (l.per_month == 0 || take_quota(month, m.number, l.per_month)) return std::nullopt;
  return over_month;
}

}  // namespace

std::string_view name(Level level) {
  static constexpr std::array<std::string_view, 5> kNames = {"token", "principal", "client", "api", "address"};
  return kNames[static_cast<std::size_t>(level)];
}

// Somebody with limits. Stays once it is there; what it spent stays through a change of its limits.
struct alignas(64) Limiter::Subject {
  Ulid id;
  std::atomic<const Limit*> limit{nullptr};
  Word rate{0}, day{0}, month{0}, credits{0};
  std::atomic<std::uint32_t> throttled_until{0};   // seconds
  std::uint32_t unsaved = 0;                       // the writers' alone: a digest of what the ledger was told last
};

Limiter::Limiter(verify::Epochs& epochs) : by_id_(epochs) {}

Limiter::~Limiter() {
  for (std::size_t i = 0; i < kChunks && chunks_[i].load() != nullptr; ++i) delete[] chunks_[i].load();
}

Limiter::Subject& Limiter::at(std::uint32_t handle) const {
  return chunks_[handle >> kChunkBits].load(std::memory_order_acquire)[handle & ((1u << kChunkBits) - 1)];
}

Limiter::Subject* Limiter::find(const Ulid& id) const {
  const auto handle = by_id_.find(key_of(id), [&](std::uint32_t h) { return at(h).id == id; });
  return handle == verify::Slots::kNone ? nullptr : &at(handle);
}

Limiter::Subject& Limiter::expect(const Ulid& id) {
  if (auto* known = find(id)) return *known;
  auto& chunk = chunks_[next_ >> kChunkBits];
  if (chunk.load() == nullptr) chunk.store(new Subject[1u << kChunkBits], std::memory_order_release);
  auto& subject = at(next_);
  subject.id = id;
  by_id_.insert(key_of(id), next_++);
  return subject;
}

// Null for no limit.
const Limit* Limiter::interned(std::string_view text) {
  const auto limit = Limit::parse(text);
  if (!limit || limit->empty()) return nullptr;
  const auto held = std::find(limits_.begin(), limits_.end(), *limit);
  return held != limits_.end() ? &*held : &limits_.emplace_back(*limit);
}

void Limiter::set(Level level, const Ulid& id, std::string_view limits) {
  auto& count = limited_[static_cast<std::size_t>(level)];
  // Nearly nobody has limits of its own.
  if (limits.empty() && count.load() == 0) return;
  if (!limits.empty() && !Limit::parse(limits)) return;
  const auto* limit = interned(limits);
  const auto name = marked(level, id);
  if (limit == nullptr && find(name) == nullptr) return;
  const auto* before = expect(name).limit.exchange(limit, std::memory_order_acq_rel);
  if (before == nullptr && limit != nullptr) count.fetch_add(1);
  if (before != nullptr && limit == nullptr) count.fetch_sub(1);
  if (limit != nullptr) any_.store(true);
}

void Limiter::set_default(Level level, std::string_view limits) {
  const auto* limit = interned(limits);
  (level == Level::Address ? every_address_ : every_token_).store(limit, std::memory_order_release);
  if (limit != nullptr) any_.store(true);
}

void Limiter::throttle(const Ulid& token, Instant until) {
  auto& subject = expect(token);
  // Looked for from now on, as a token with limits is.
  if (subject.throttled_until.exchange(static_cast<std::uint32_t>(until.seconds())) == 0) limited_[0].fetch_add(1);
  any_.store(true);
}

void Limiter::unthrottle(const Ulid& token) {
  auto* subject = find(token);
  if (subject != nullptr && subject->throttled_until.exchange(0) != 0) limited_[0].fetch_sub(1);
}

std::optional<Refused> Limiter::charge_passer(Level level, ByteView name, const Limit& limit, Instant now) {
  if (limit.count == 0) return std::nullopt;
  return take_rate_of(level, limit, passers_.place(name, nanos(now)), now);
}

std::optional<Refused> Limiter::charge_subject(Level level, const Ulid& id, Subject* subject, Instant now) {
  const auto* limit = subject == nullptr ? nullptr : subject->limit.load(std::memory_order_acquire);
  const auto throttled = subject == nullptr ? 0 : subject->throttled_until.load(std::memory_order_relaxed);
  if (throttled != 0 && now.seconds() < throttled) {
    if (auto refused = take_rate_of(level, kThrottled, subject->rate, now)) return refused;
  } else if (limit != nullptr && limit->count != 0) {
    if (auto refused = take_rate_of(level, *limit, subject->rate, now)) return refused;
  } else if (level == Level::Token) {
    if (const auto* every = every_token_.load(std::memory_order_acquire))
      if (auto refused = charge_passer(level, id.octets, *every, now)) return refused;
  }
  return limit == nullptr ? std::nullopt : take_quotas_of(level, *limit, subject->day, subject->month, now);
}

std::optional<Refused> Limiter::charge_credits(std::span<Subject* const> payers) {
  std::array<Subject*, 4> paid{};
  for (std::size_t i = 0; i < payers.size(); ++i) {
    const auto* limit = payers[i] == nullptr ? nullptr : payers[i]->limit.load(std::memory_order_acquire);
    if (limit == nullptr || limit->credits == 0) continue;
    if (take_credit(payers[i]->credits, limit->credits)) {
      paid[i] = payers[i];
      continue;
    }
    for (auto* subject : paid)
      if (subject != nullptr) give_back_credit(subject->credits);
    return Refused{static_cast<Level>(i), Kind::Credits, limit->credits, 0, kAskForCredits};
  }
  return std::nullopt;
}

std::optional<Refused> Limiter::counted(std::optional<Refused> refused) {
  if (refused) refused_[static_cast<std::size_t>(refused->level)].fetch_add(1, std::memory_order_relaxed);
  return refused;
}

namespace {
// An address by itself; of IPv6 its /64, because that is what one caller has.
struct PasserName {
  std::array<std::uint8_t, 17> octets{};
  PasserName(const net::Address& a, bool guess) {
    const auto& all = a.octets();
    std::copy(all.begin(), a.is_v4() ? all.end() : all.begin() + 8, octets.begin());
    octets[16] = guess;
  }
};
}  // namespace

std::optional<Refused> Limiter::charge(const Caller& c, Instant now) {
  const std::array<const Ulid*, 4> named = {c.token, c.principal, c.client, c.api};   // in the order of Level
  std::array<Subject*, 4> payers{};
  for (std::size_t i = 0; i < named.size(); ++i) {
    if (named[i] == nullptr || named[i]->is_zero()) continue;
    const auto level = static_cast<Level>(i);
    payers[i] = busy(level) ? find(marked(level, *named[i])) : nullptr;
    if (auto refused = charge_subject(level, *named[i], payers[i], now)) return counted(refused);
  }
  const auto* every = every_address_.load(std::memory_order_acquire);
  if (every != nullptr && !c.address.is_none())
    if (auto refused = charge_passer(Level::Address, PasserName(c.address, false).octets, *every, now)) return counted(refused);
  return counted(charge_credits(payers));
}

std::optional<Refused> Limiter::charge_guess(const net::Address& address, Instant now) {
  const auto* every = every_address_.load(std::memory_order_acquire);
  if (every == nullptr || address.is_none()) return std::nullopt;
  return counted(charge_passer(Level::Address, PasserName(address, true).octets, *every, now));
}

std::vector<ledger::QuotaUse> Limiter::take_quotas() {
  std::vector<ledger::QuotaUse> spent;
  for (std::uint32_t h = 0; h < next_; ++h) {
    auto& s = at(h);
    const ledger::QuotaUse use{s.id, s.day.load(std::memory_order_relaxed), s.month.load(std::memory_order_relaxed),
                               s.credits.load(std::memory_order_relaxed)};
    const auto digest = static_cast<std::uint32_t>(((use.day * 31 + use.month) * 31 + use.credits) * 0x9e3779b97f4a7c15 >> 32);
    if ((use.day | use.month | use.credits) == 0 || std::exchange(s.unsaved, digest) == digest) continue;
    spent.push_back(use);
  }
  return spent;
}

std::uint64_t Limiter::credits_spent(Level level, const Ulid& id) const {
  const auto* subject = find(marked(level, id));
  return subject == nullptr ? 0 : subject->credits.load(std::memory_order_relaxed);
}

void Limiter::restore(std::span<const ledger::QuotaUse> quotas) {
  for (const auto& q : quotas) {
    auto& s = expect(q.subject);
    s.day.store(q.day), s.month.store(q.month), s.credits.store(q.credits);
  }
}

}  // namespace jeton::limits
