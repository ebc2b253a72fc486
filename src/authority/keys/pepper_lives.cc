#include "authority/keys/pepper_lives.h"

#include <algorithm>
#include <charconv>

namespace jeton::keys {
namespace {

constexpr std::string_view kPrefix = "pepper.", kHead = "jeton-pepper-1";
constexpr std::array kStates = {PepperState::Next, PepperState::Active, PepperState::Retired, PepperState::Destroyed};
constexpr auto kDamaged = "a pepper's row is damaged: restore a backup of the database";

std::string setting_name(std::uint32_t number) { return std::string(kPrefix) + std::to_string(number); }

// "jeton-pepper-1 <state> <created> <activated> <retired> <destroyed>": milliseconds, or "-"
std::string to_text(const PepperInfo& p) {
  std::string out(kHead);
  out.append(" ").append(name(p.state)).append(" ").append(std::to_string(p.created.millis()));
  for (const auto& at : {p.activated, p.retired, p.destroyed}) out += " " + (at ? std::to_string(at->millis()) : "-");
  return out;
}

std::optional<std::int64_t> number_in(std::string_view text) {
  std::int64_t n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return n;
}

std::optional<PepperInfo> parse(const ledger::Setting& s) {
  std::vector<std::string_view> words;
  for (std::string_view rest = s.value; !rest.empty();) {
    words.push_back(rest.substr(0, rest.find(' ')));
    rest.remove_prefix(std::min(words.back().size() + 1, rest.size()));
  }
  const auto number = number_in(std::string_view(s.name).substr(kPrefix.size()));
  if (words.size() != 6 || words[0] != kHead || !number || *number < 1 || *number > UINT32_MAX) return std::nullopt;
  PepperInfo p;
  p.number = static_cast<std::uint32_t>(*number);
  const auto state = std::ranges::find(kStates, words[1], [](PepperState one) { return name(one); });
  const auto created = number_in(words[2]);
  if (state == kStates.end() || !created) return std::nullopt;
  p.state = *state;
  p.created = Instant::from_millis(*created);
  std::size_t i = 3;
  for (auto* at : {&p.activated, &p.retired, &p.destroyed}) {
    const auto word = words[i++];
    const auto millis = number_in(word);
    if (word != "-" && !millis) return std::nullopt;
    if (millis) *at = Instant::from_millis(*millis);
  }
  return p;
}

ledger::Change put(const PepperInfo& p) { return ledger::PutSetting{{setting_name(p.number), to_text(p), 0}}; }

Result<std::vector<PepperInfo>> read(ledger::Ledger& ledger) {
  TRY(const auto settings, ledger.settings(kPrefix));
  std::vector<PepperInfo> all;
  for (const auto& s : settings) {
    const auto pepper = parse(s);
    if (!pepper) return fault(Fault::Config, kDamaged);
    all.push_back(*pepper);
  }
  std::ranges::sort(all, {}, &PepperInfo::number);
  return all;
}

bool has(const std::vector<std::uint32_t>& numbers, std::uint32_t one) { return std::ranges::find(numbers, one) != numbers.end(); }

}  // namespace

std::string_view name(PepperState state) {
  switch (state) {
    case PepperState::Next: return "next";
    case PepperState::Active: return "active";
    case PepperState::Retired: return "retired";
    case PepperState::Destroyed: return "destroyed";
  }
  return "";
}

Result<std::vector<PepperInfo>> PepperLives::list() const { return read(ledger_); }

// A ledger that nothing was written to yet, or one of a version before peppers had lives: the newest was the active one.
Status PepperLives::adopt(Instant now) {
  const auto numbers = peppers_.numbers();
  std::vector<ledger::Change> changes;
  for (const auto number : numbers) {
    PepperInfo p{number, PepperState::Active, now, now, std::nullopt, std::nullopt};
    if (number != numbers.back()) p.state = PepperState::Retired, p.retired = now;
    changes.push_back(put(p));
  }
  const auto next = numbers.back() + 1;
  TRY_VOID(peppers_.add(next, entropy_));
  changes.push_back(put({next, PepperState::Next, now, std::nullopt, std::nullopt, std::nullopt}));
  TRY_VOID(ledger_.commit(std::move(changes)));
  return peppers_.use(numbers.back());
}

Status PepperLives::begin(Instant now) {
  const std::lock_guard lock(mutex_);
  TRY(auto all, read(ledger_));
  if (all.empty()) return adopt(now);
  const auto active = std::ranges::find(all, PepperState::Active, &PepperInfo::state);
  if (active == all.end()) return fault(Fault::Config, kDamaged);
  TRY(const auto missing, missing_peppers(ledger_, peppers_));
  if (!missing.empty())
    return fault(Fault::Config,
                 "the peppers file is older than the database, or newer than its backup: put back the copy of peppers that belongs to it");
  TRY_VOID(peppers_.use(active->number));
  for (const auto& p : all)
    if (p.state == PepperState::Destroyed) TRY_VOID(peppers_.drop(p.number, entropy_));
  return {};
}

void PepperLives::tell() const {
  if (follower_) follower_(peppers_.snapshot());
}

void PepperLives::follow(OnPeppers follower) {
  const std::lock_guard lock(mutex_);
  follower_ = std::move(follower);
  tell();
}

Result<std::uint32_t> PepperLives::rotate(const audit::Doing& doing) {
  const std::lock_guard lock(mutex_);
  TRY(auto all, read(ledger_));
  std::vector<ledger::Change> changes;
  std::uint32_t number = 0;
  // A copy of the file that was put back may be from before the next one was made: then its number is given up.
  const auto held = peppers_.numbers();
  // One that the file has, and the ledger never heard of, was made by a run that was cut off.
  const auto behind = [&held](std::uint32_t one) { return has(held, one + 1) ? one + 1 : std::max(one, held.back()) + 1; };
  auto after = behind(all.empty() ? 0 : all.back().number);
  for (auto& p : all) {
    if (p.state == PepperState::Active) {
      p.state = PepperState::Retired;
      p.retired = doing.now;
    } else if (p.state == PepperState::Next) {
      const bool here = has(held, p.number);
      p.state = here ? PepperState::Active : PepperState::Destroyed;
      (here ? p.activated : p.destroyed) = doing.now;
      if (here) number = p.number;
    } else {
      continue;
    }
    changes.push_back(put(p));
  }
  if (number == 0) {
    number = after;
    after = std::max(behind(number), number + 1);
    TRY_VOID(peppers_.add(number, entropy_));
    changes.push_back(put({number, PepperState::Active, doing.now, doing.now, std::nullopt, std::nullopt}));
  }
  TRY_VOID(peppers_.add(after, entropy_));
  changes.push_back(put({after, PepperState::Next, doing.now, std::nullopt, std::nullopt, std::nullopt}));
  TRY(auto event, audit::event(doing, "pepper.rotate", "pepper " + std::to_string(number), entropy_));
  changes.push_back(std::move(event));
  TRY_VOID(ledger_.commit(std::move(changes)));
  TRY_VOID(peppers_.use(number));
  tell();
  return number;
}

Result<std::vector<std::uint32_t>> PepperLives::idle(Instant now) const {
  TRY(const auto all, read(ledger_));
  std::vector<std::uint32_t> out;
  for (const auto& p : all)
    if (p.state == PepperState::Retired && p.retired.value_or(p.created) + kPepperGrace <= now) out.push_back(p.number);
  return out;
}

Status PepperLives::destroy(PepperInfo gone, const audit::Doing& doing) {
  gone.state = PepperState::Destroyed;
  gone.destroyed = doing.now;
  TRY(auto event, audit::event(doing, "pepper.destroy", "pepper " + std::to_string(gone.number), entropy_));
  TRY_VOID(ledger_.commit({put(gone), std::move(event)}));
  return {};
}

Status PepperLives::destroy_unused(const std::set<std::uint32_t>& used, const audit::Doing& doing) {
  const std::lock_guard lock(mutex_);
  TRY(const auto idle_now, idle(doing.now));
  TRY(const auto all, read(ledger_));
  for (const auto& p : all) {
    const bool destroyed = p.state == PepperState::Destroyed;
    // One that nobody wrote down may be any of them.
    if (!destroyed && (!has(idle_now, p.number) || used.contains(p.number) || used.contains(ledger::kAnyPepper))) continue;
    if (!destroyed) TRY_VOID(destroy(p, doing));
    if (!has(peppers_.numbers(), p.number)) continue;
    TRY_VOID(peppers_.drop(p.number, entropy_));
    tell();
  }
  return {};
}

Result<std::vector<std::uint32_t>> missing_peppers(ledger::Ledger& ledger, const Peppers& peppers) {
  TRY(const auto all, read(ledger));
  const auto held = peppers.numbers();
  std::vector<std::uint32_t> out;
  for (const auto& p : all)
    if ((p.state == PepperState::Active || p.state == PepperState::Retired) && !has(held, p.number)) out.push_back(p.number);
  return out;
}

}  // namespace jeton::keys
