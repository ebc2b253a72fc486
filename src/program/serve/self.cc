#include "program/serve/self.h"

#include "program/serve/algorithms.h"
#include "program/serve/memory.h"

namespace jeton::serve {
namespace {

bool any_signer(const keys::KeyRing& ring) {
  for (const auto& key : ring.entries())
    if (key.sign) return true;
  return false;
}

std::string text_of(const Failure& failure) { return std::string(failure.detail().empty() ? failure.name() : failure.detail()); }

}  // namespace

std::vector<protocols::HealthPart> Self::health(Instant) {
  auto& rooms = building_->rooms();
  const auto store = rooms.ledger.healthy();
  const bool loaded = rooms.verifier.complete();
  std::vector<protocols::HealthPart> parts{
      {"store", store.has_value(), store ? "" : text_of(store.error())},
      {"signing_keys", any_signer(*rooms.signing_keys.ring()), ""},
      {"tokens", !unreadable_, unreadable_ ? "the ledger cannot be read to its end; restore a backup"
                               : loaded    ? "all in memory"
                                           : "loading; looked up one by one until then"}};
  parts.push_back({"memory", true, memory_locked() ? "locked" : "may be swapped: no limit on locked memory (LimitMEMLOCK=infinity) would let it be locked"});
  for (auto& part : algorithm_parts()) parts.push_back(std::move(part));
  return parts;
}

void Self::count(Instant now) {
  auto counted = report_samples(building_->rooms(), now);
  const std::lock_guard lock(counted_mutex_);
  counted_ = std::move(counted);
}

std::string Self::metrics() {
  auto& v = building_->rooms().verifier;
  auto samples = algorithm_samples(building_->rooms());
  for (auto& sample : policy_samples(building_->rooms())) samples.push_back(std::move(sample));
  {
    const std::lock_guard lock(counted_mutex_);
    samples.insert(samples.end(), counted_.begin(), counted_.end());
  }
  return metrics_.text({v.tokens_held(), server_ ? server_->connections() : 0, v.as_of().seq, v.uses().dropped(), v.complete(), std::move(samples)});
}

std::string Self::backup(const std::string& path) {
  const auto done = building_->rooms().ledger.backup(path);
  return done ? std::string() : "failed";
}

Result<std::string> Self::rotate_master_key(const std::string& source, const audit::Doing& doing) {
  TRY(const auto next, building_->keychain().change_master(source, doing));
  return std::string(next);
}

}  // namespace jeton::serve
