#include "authority/audit/refusals.h"

namespace jeton::audit {
namespace {

constexpr std::uint32_t kAMinute = 60;

}  // namespace

bool Refusals::within_budget(Instant now) {
  const std::lock_guard lock(mutex_);
  const auto minute = now.seconds() / 60;
  if (minute > minute_) minute_ = minute, written_ = 0;
  if (written_ < kAMinute) return ++written_, true;
  ++held_back_;
  return false;
}

void Refusals::note(const Doing& doing, std::string_view action, std::string target, std::string detail) {
  if (!within_budget(doing.now)) return;
  if (auto e = event(doing, action, std::move(target), entropy_, std::move(detail))) (void)ledger_.commit({*std::move(e)});
}

void Refusals::flush(Instant now) {
  std::uint64_t held_back = 0;
  {
    const std::lock_guard lock(mutex_);
    if (held_back_ == 0 || now.seconds() / 60 <= minute_) return;
    held_back = std::exchange(held_back_, 0);
  }
  const Actor system{.name = "system", .address = {}, .request_id = {}};
  auto e = event({system, now}, "management.refuse", "", entropy_, "{\"held_back\":" + std::to_string(held_back) + "}");
  if (e) (void)ledger_.commit({*std::move(e)});
}

}  // namespace jeton::audit
