#include "authority/watch/selftests.h"

#include <algorithm>
#include <array>
#include <atomic>

#include "blocks/json/writer.h"

namespace jeton::watch {
namespace {

using crypto::Tested;
constexpr Millis kDay{86400 * 1000};

const audit::Actor& system_actor() {
  static const audit::Actor actor{.name = "system", .address = {}, .request_id = {}};
  return actor;
}

// Ids must be made for the record that says the random source is out. They are unique, which is all they need to be.
class StandIn final : public Entropy {
 public:
  StandIn(Entropy& real, Instant now) : real_(real), now_(now) {}
  Status fill(ByteSpan out) override {
    if (crypto::in_service(Tested::Random)) return real_.fill(out);
    static std::atomic<std::uint64_t> count{0};
    const std::uint64_t words[2] = {static_cast<std::uint64_t>(now_.millis()), count.fetch_add(1)};
    const auto digest = crypto::sha256({reinterpret_cast<const std::uint8_t*>(words), sizeof words});
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = digest[i % digest.size()];
    return {};
  }

 private:
  Entropy& real_;
  Instant now_;
};

bool holds(const std::vector<Tested>& list, Tested what) { return std::find(list.begin(), list.end(), what) != list.end(); }

}  // namespace

std::span<const Tested> needed_always() {
  static constexpr std::array kNeeded = {Tested::Sha256, Tested::TokenHmac, Tested::Hkdf, Tested::SealGcm, Tested::Random};
  return kNeeded;
}

void SelfTests::begin(const std::vector<crypto::selftest::Outcome>& outcomes, Instant now) {
  const std::lock_guard lock(mutex_);
  latest_.clear();
  for (const auto& o : outcomes) latest_.push_back({o, now});
  begun_ = now;
}

std::vector<SelfTests::Entry> SelfTests::latest() const {
  const std::lock_guard lock(mutex_);
  return latest_;
}

std::vector<SelfTests::Entry> SelfTests::run_all(const audit::Doing& doing) {
  const auto outcomes = crypto::selftest::run_all();
  {
    const std::lock_guard lock(mutex_);
    latest_.clear();
    for (const auto& o : outcomes) latest_.push_back({o, doing.now});
  }
  (void)announce({system_actor(), doing.now});
  return latest();
}

Status SelfTests::step(Instant now) {
  {
    const std::lock_guard lock(mutex_);
    const auto count = std::max<std::size_t>(1, latest_.size());
    // The n-th comes n parts of a day after the start.
    const auto due = begun_ + Millis(kDay.count() * static_cast<std::int64_t>(steps_ + 1) / static_cast<std::int64_t>(count));
    if (now >= due && !latest_.empty()) {
      auto& entry = latest_[steps_++ % count];
      entry = {crypto::selftest::run(entry.outcome.what), now};
      // What is made of the failed one is looked at now, not in its own time.
      if (!entry.outcome.passed)
        for (auto& other : latest_) other = {crypto::selftest::run(other.outcome.what), now};
    }
  }
  return announce({system_actor(), now});
}

// Makes the installation forget first, and writes after: the ledger may be slow, or need what is out.
Status SelfTests::announce(const audit::Doing& doing) {
  std::vector<Tested> fresh, untold;
  {
    const std::lock_guard lock(mutex_);
    for (const auto what : crypto::all_tested()) {
      if (crypto::in_service(what)) continue;
      if (!holds(known_out_, what)) fresh.push_back(what);
      if (!holds(told_, what)) untold.push_back(what);
    }
    known_out_.insert(known_out_.end(), fresh.begin(), fresh.end());
  }
  if (!fresh.empty() && on_out_) on_out_();
  for (const auto what : untold) {
    TRY_VOID(tell(what, doing));
    const std::lock_guard lock(mutex_);
    told_.push_back(what);
  }
  return {};
}

Status SelfTests::tell(Tested what, const audit::Doing& doing) {
  StandIn entropy(entropy_, doing.now);
  std::string detail;
  json::Writer(detail).object().member("algorithm", crypto::name(what)).end_object();
  TRY(auto event, audit::event(doing, "selftest.failed", std::string(crypto::name(what)), entropy, detail));
  TRY_VOID(ledger_.commit({std::move(event)}));
  ledger::Alert alert;
  alert.rule = "selftest_failed";
  alert.severity = ledger::Severity::Critical;
  alert.evidence = std::move(detail);
  return Alerts(ledger_, entropy).raise(std::move(alert), doing.now);
}

}  // namespace jeton::watch
