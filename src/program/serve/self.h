// What the protocols ask of the program: health, metrics, backups, the master key.
#pragma once

#include <atomic>
#include <mutex>

#include "program/metrics/metrics.h"
#include "program/outside/outbound.h"
#include "program/outside/outside.h"
#include "program/serve/building.h"

namespace jeton::serve {

// Any thread, once it was set.
class Self final : public protocols::Program {
 public:
  Self(metrics::Metrics& metrics, outside::Outbound& outbound) : metrics_(metrics), outbound_(outbound) {}
  void set(Building* building, server::Server* server) { building_ = building, server_ = server; }
  // While it lives; null afterwards.
  void set(outside::Outside* outside) { outside_ = outside; }
  // The ledger could not be loaded to its end.
  void found_unreadable() { unreadable_ = true; }
  // Counts what metrics tell of keys and token populations; reads every token.
  void count(Instant now);

  std::vector<protocols::HealthPart> health(Instant now) override;
  std::string metrics() override;
  bool management_closed() override {
    const auto* outside = outside_.load();
    return outside != nullptr && outside->management_closed();
  }
  std::string backup(const std::string& path) override;
  bool may_call(std::string_view url) override { return outbound_.may_call(url); }
  Result<std::string> document(const std::string& url, Copy copy = Copy::Kept) override { return outbound_.document(url, copy); }
  Result<std::string> fetch(const std::string& url, std::size_t most) override;
  Result<std::string> rotate_master_key(const std::string& source, const audit::Doing& doing) override;

 private:
  std::vector<protocols::HealthPart> audit_parts();
  std::vector<metrics::Sample> outside_samples();
  std::vector<metrics::Sample> stream_samples();

  metrics::Metrics& metrics_;
  outside::Outbound& outbound_;
  Building* building_ = nullptr;
  server::Server* server_ = nullptr;
  std::atomic<outside::Outside*> outside_{nullptr};
  std::atomic<bool> unreadable_{false};
  std::mutex counted_mutex_;
  std::vector<metrics::Sample> counted_;
};

}  // namespace jeton::serve
