// Records that every request asks for and few commits change, kept as they were read.
#pragma once

#include <atomic>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <unordered_map>

#include "authority/ledger/ledger.h"

namespace jeton::sqlite {

// Records of one kind by what they were asked for. Any thread.
template <class Record, class Key = std::string>
class Remembered {
 public:
  // What is held under the key, else what `read` finds. What is not there is not remembered: it may come. What is found is held under the
  // key that `also` makes of it, too: whoever asks by a name goes on by the id.
  template <class Read, class Also = std::nullptr_t>
  Result<std::optional<Record>> find(const Key& key, Read&& read, Also also = nullptr) {
    std::uint64_t before;
    {
      const std::shared_lock lock(mutex_);
      if (const auto at = held_.find(key); at != held_.end()) return at->second;
      before = changes_;
    }
    TRY(std::optional<Record> record, read());
    if (!record || !begun_.load(std::memory_order_relaxed)) return record;
    const std::unique_lock lock(mutex_);
    // A commit in between may have changed what was read.
    if (changes_ != before) return record;
    if (held_.size() >= kMost) held_.clear();
    held_.emplace(key, *record);
    if constexpr (!std::is_null_pointer_v<Also>) held_.emplace(also(*record), *record);
    return record;
  }
  void begin() { begun_ = true; }
  void forget() {
    const std::unique_lock lock(mutex_);
    ++changes_;
    held_.clear();
  }
  void forget(const Key& key) {
    const std::unique_lock lock(mutex_);
    ++changes_;
    held_.erase(key);
  }

 private:
  static constexpr std::size_t kMost = 1024;
  std::shared_mutex mutex_;
  std::unordered_map<Key, Record> held_;
  std::uint64_t changes_ = 0;
  std::atomic<bool> begun_ = false;
};

struct Known {
  Remembered<ledger::Api> apis;
  Remembered<ledger::Principal> principals;
  Remembered<ledger::Client> clients;
  Remembered<ledger::Token, TokenId> tokens;
  Remembered<std::vector<ledger::Setting>> settings;

  // From here on commits tell what they change.
  void begin() { apis.begin(), principals.begin(), clients.begin(), tokens.begin(), settings.begin(); }
  // Forgets what a commit changed, once it is durable and before anybody is told.
  void forget(std::span<const ledger::Effect> effects) {
    for (const auto& effect : effects) {
      if (const auto* token = std::get_if<ledger::Token>(&effect)) tokens.forget(token->id);
      if (const auto* token = std::get_if<ledger::TokenEnded>(&effect)) tokens.forget(token->id);
      if (const auto* token = std::get_if<ledger::TokenForgotten>(&effect)) tokens.forget(token->id);
      if (const auto* token = std::get_if<ledger::Rehash>(&effect)) tokens.forget(token->token);
      if (std::holds_alternative<ledger::Client>(effect)) clients.forget();
      if (std::holds_alternative<ledger::Api>(effect)) apis.forget();
      if (std::holds_alternative<ledger::Principal>(effect)) principals.forget();
      if (std::holds_alternative<ledger::Setting>(effect)) settings.forget();
    }
  }
};

}  // namespace jeton::sqlite
