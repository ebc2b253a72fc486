// What the protocols ask of the program: health, metrics, backups, the master key.
#pragma once

#include <atomic>
#include <mutex>

#include "program/fetch/guard.h"
#include "program/metrics/metrics.h"
#include "program/serve/building.h"

namespace jeton::serve {

// Any thread, once it was set.
class Self final : public protocols::Program {
 public:
  explicit Self(metrics::Metrics& metrics) : metrics_(metrics) {}
  // Where it may be sent to by what others told it.
  void guard(fetch::Guard guard) { guard_ = std::move(guard); }
  void set(Building* building, server::Server* server) { building_ = building, server_ = server; }
  // The ledger could not be loaded to its end.
  void found_unreadable() { unreadable_ = true; }
  // Counts what metrics tell of keys and token populations; reads every token.
  void count(Instant now);

  std::vector<protocols::HealthPart> health(Instant now) override;
  std::string metrics() override;
  std::string backup(const std::string& path) override;
  Result<std::string> fetch(const std::string& url, std::size_t most) override;
  Result<std::string> rotate_master_key(const std::string& source, const audit::Doing& doing) override;

 private:
  metrics::Metrics& metrics_;
  fetch::Guard guard_;
  Building* building_ = nullptr;
  server::Server* server_ = nullptr;
  std::atomic<bool> unreadable_{false};
  std::mutex counted_mutex_;
  std::vector<metrics::Sample> counted_;
};

}  // namespace jeton::serve
