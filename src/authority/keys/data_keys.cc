#include "authority/keys/data_keys.h"

#include <algorithm>
#include <charconv>

#include "ground/secret_pass.h"

namespace jeton::keys {
namespace {

constexpr std::string_view kPrefix = "data_key.";
constexpr std::string_view kHead = "jeton-data-key-1 ";
// What was sealed just before a new key came has been committed by then.
constexpr Seconds kGrace{600};
constexpr auto kDamaged = "a data key's row is damaged: restore a backup of the database";

std::string setting_name(std::uint32_t number) { return std::string(kPrefix) + std::to_string(number); }

std::optional<std::int64_t> number_in(std::string_view text) {
  std::int64_t n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return n;
}

// "jeton-data-key-1 <state> <created ms> <retired ms or -> <wraps>"
std::string to_text(const DataKeyInfo& k) {
  std::string out(kHead);
  out.append(name(k.state)).append(" ").append(std::to_string(k.created.millis())).append(" ");
  out += k.retired ? std::to_string(k.retired->millis()) : "-";
  if (!k.wraps.empty()) out += " " + keys::to_text(k.wraps);
  return out;
}

std::optional<DataKeyInfo> parse(const ledger::Setting& s) {
  std::string_view text = s.value;
  if (!text.starts_with(kHead)) return std::nullopt;
  text.remove_prefix(kHead.size());
  const auto word = [&] {
    const auto one = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(one.size() + 1, text.size()));
    return one;
  };
  DataKeyInfo k;
  const auto number = number_in(std::string_view(s.name).substr(kPrefix.size()));
  const auto state = word(), created = word(), retired = word();
  const auto made = number_in(created);
  if (!number || *number < 1 || *number > UINT32_MAX || !made) return std::nullopt;
  k.number = static_cast<std::uint32_t>(*number);
  k.created = Instant::from_millis(*made);
  if (retired != "-") {
    const auto at = number_in(retired);
    if (!at) return std::nullopt;
    k.retired = Instant::from_millis(*at);
  }
  if (state == "destroyed") {
    k.state = DataKeyState::Destroyed;
    return text.empty() ? std::optional(k) : std::nullopt;
  }
  if (state != "active" && state != "retired") return std::nullopt;
  k.state = state == "active" ? DataKeyState::Active : DataKeyState::Retired;
  auto wraps = parse_wraps(text);
  if (!wraps) return std::nullopt;
  k.wraps = *std::move(wraps);
  return k;
}

ledger::Change put(const DataKeyInfo& k) { return ledger::PutSetting{{setting_name(k.number), to_text(k), 0}}; }

std::vector<Sealer::DataKey> copies(const std::vector<Sealer::DataKey>& held) {
  std::vector<Sealer::DataKey> out;
  for (const auto& k : held) out.push_back({k.number, k.octets.clone()});
  return out;
}

}  // namespace

std::string_view name(DataKeyState state) {
  switch (state) {
    case DataKeyState::Active: return "active";
    case DataKeyState::Retired: return "retired";
    case DataKeyState::Destroyed: return "destroyed";
  }
  return "";
}

std::string DataKeys::associated(std::uint32_t number) const {
  return "jeton-data-key-1\n" + installation_ + "\n" + std::to_string(number);
}

Result<Wraps> DataKeys::wrap(std::uint32_t number, const Secret& key) const {
  Wraps wraps;
  for (const auto& master : masters_) {
    TRY(auto one, wrap_by(*master, associated(number), key, entropy_));
    wraps.push_back(std::move(one));
  }
  return wraps;
}

Result<std::vector<DataKeyInfo>> DataKeys::list() {
  TRY(const auto settings, ledger_.settings());
  std::vector<DataKeyInfo> all;
  for (const auto& s : settings) {
    if (!s.name.starts_with(kPrefix)) continue;
    auto key = parse(s);
    if (!key) return fault(Fault::Config, kDamaged);
    all.push_back(*std::move(key));
  }
  std::sort(all.begin(), all.end(), [](const DataKeyInfo& a, const DataKeyInfo& b) { return a.number < b.number; });
  return all;
}

Status DataKeys::read() {
  TRY(const auto all, list());
  std::vector<Sealer::DataKey> held;
  std::uint32_t active = 0;
  for (const auto& k : all) {
    if (k.state == DataKeyState::Destroyed) continue;
    auto octets = unwrap_by(*masters_.front(), associated(k.number), k.wraps);
    if (!octets && octets.error().is(Refusal::NotFound))
      return fault(Fault::Config, "the master key is not the one this ledger was made with: put that one back");
    if (!octets && octets.error().is(Refusal::BadSignature)) return fault(Fault::Config, kDamaged);
    if (!octets) return std::unexpected(octets.error());
    if (octets->size() != 32) return fault(Fault::Config, kDamaged);
    if (k.state == DataKeyState::Active) active = k.number;
    held.push_back({k.number, *std::move(octets)});
  }
  if (!held.empty() && held.back().number != active) return fault(Fault::Config, kDamaged);
  held_ = std::move(held);
  return {};
}

Result<DataKeyInfo> DataKeys::make_first(Instant now) {
  Secret octets(32);
  TRY_VOID(entropy_.fill(octets.write(Pass::key())));
  TRY(auto wraps, wrap(1, octets));
  held_.push_back({1, std::move(octets)});
  return DataKeyInfo{1, DataKeyState::Active, now, std::nullopt, std::move(wraps)};
}

Status DataKeys::load_or_create(MasterKeyPtr master, Instant now) {
  const std::lock_guard lock(mutex_);
  masters_ = {std::move(master)};
  TRY_VOID(read());
  if (held_.empty()) {
    TRY(const auto first, make_first(now));
    TRY_VOID(ledger_.commit({put(first)}));
  }
  sealer_.use(copies(held_));
  return {};
}

Result<std::uint32_t> DataKeys::rotate(const audit::Doing& doing) {
  const std::lock_guard lock(mutex_);
  TRY(auto all, list());
  const auto number = all.back().number + 1;
  Secret octets(32);
  TRY_VOID(entropy_.fill(octets.write(Pass::key())));
  TRY(auto wraps, wrap(number, octets));
  std::vector<ledger::Change> changes;
  for (auto& k : all) {
    if (k.state != DataKeyState::Active) continue;
    k.state = DataKeyState::Retired;
    k.retired = doing.now;
    changes.push_back(put(k));
  }
  changes.push_back(put({number, DataKeyState::Active, doing.now, std::nullopt, std::move(wraps)}));
  TRY(auto event, audit::event(doing, "data_key.rotate", setting_name(number), entropy_));
  changes.push_back(std::move(event));
  TRY_VOID(ledger_.commit(std::move(changes)));
  held_.push_back({number, std::move(octets)});
  sealer_.use(copies(held_));
  return number;
}

Status DataKeys::destroy_unused(const audit::Doing& doing) {
  const std::lock_guard lock(mutex_);
  TRY(auto all, list());
  for (auto& k : all) {
    if (k.state != DataKeyState::Retired || k.retired.value_or(k.created) + kGrace > doing.now) continue;
    TRY(const bool unused, ledger_.nothing_sealed_under(k.number));
    if (!unused) continue;
    k.state = DataKeyState::Destroyed;
    k.wraps.clear();
    TRY(auto event, audit::event(doing, "data_key.destroy", setting_name(k.number), entropy_));
    TRY_VOID(ledger_.commit({put(k), std::move(event)}));
    std::erase_if(held_, [&](const Sealer::DataKey& h) { return h.number == k.number; });
    sealer_.use(copies(held_));
  }
  return {};
}

Status DataKeys::also(MasterKeyPtr next) {
  const std::lock_guard lock(mutex_);
  TRY(const auto fingerprint, next->fingerprint());
  TRY(auto all, list());
  std::vector<ledger::Change> changes;
  for (auto& k : all) {
    const bool has = std::any_of(k.wraps.begin(), k.wraps.end(), [&](const Wrap& w) { return w.fingerprint == fingerprint; });
    const auto held = std::find_if(held_.begin(), held_.end(), [&](const Sealer::DataKey& h) { return h.number == k.number; });
    if (has || held == held_.end()) continue;
    TRY(auto one, wrap_by(*next, associated(k.number), held->octets, entropy_));
    k.wraps.push_back(std::move(one));
    changes.push_back(put(k));
  }
  if (!changes.empty()) TRY_VOID(ledger_.commit(std::move(changes)));
  bool known = false;
  for (const auto& m : masters_) {
    TRY(const auto other, m->fingerprint());
    known = known || other == fingerprint;
  }
  if (!known) masters_.push_back(std::move(next));
  return {};
}

Status DataKeys::only(MasterKeyPtr master) {
  const std::lock_guard lock(mutex_);
  TRY(const auto fingerprint, master->fingerprint());
  TRY(auto all, list());
  std::vector<ledger::Change> changes;
  for (auto& k : all) {
    if (k.state == DataKeyState::Destroyed) continue;
    // Never the last way in: it must open before the others go.
    TRY_VOID(unwrap_by(*master, associated(k.number), k.wraps));
    if (std::erase_if(k.wraps, [&](const Wrap& w) { return w.fingerprint != fingerprint; }) != 0) changes.push_back(put(k));
  }
  if (!changes.empty()) TRY_VOID(ledger_.commit(std::move(changes)));
  masters_ = {std::move(master)};
  return {};
}

Result<std::vector<std::string>> DataKeys::masters() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> out;
  for (const auto& m : masters_) {
    TRY(auto fingerprint, m->fingerprint());
    out.push_back(std::move(fingerprint));
  }
  return out;
}

Status DataKeys::tidy() {
  MasterKeyPtr master;
  {
    const std::lock_guard lock(mutex_);
    master = masters_.front();
  }
  TRY(const auto fingerprint, master->fingerprint());
  TRY(const auto all, list());
  for (const auto& k : all)
    if (k.state != DataKeyState::Destroyed && k.wraps.back().fingerprint != fingerprint) return {};
  return only(std::move(master));
}

}  // namespace jeton::keys
