// Every token this installation knows, in 64 octets each.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "authority/verify/slots.h"
#include "authority/verify/token_table.h"

namespace jeton::verify {

// Whether every scope of the space separated list `wanted` is one of `held`.
bool holds_all(std::string_view held, std::string_view wanted);

// What a set of scopes comes to within others, as it was found before: both are handles of sets that stay. Few are remembered, and what
// was cut in front of what was not: readers write here once, or seldom. Any thread.
class Cuts {
 public:
  Cuts() = default;
  Cuts(const Cuts& other) { *this = other; }
  Cuts& operator=(const Cuts& other) {
    for (std::size_t i = 0; i < known_.size(); ++i) known_[i].store(other.known_[i].load());
    return *this;
  }
  std::optional<std::uint32_t> find(std::uint32_t bound) const {
    for (const auto& one : known_) {
      const auto known = one.load(std::memory_order_acquire);
      if (static_cast<std::uint32_t>(known >> 32) == bound + 1) return static_cast<std::uint32_t>(known);
    }
    return std::nullopt;
  }
  enum class Was : std::uint8_t { Whole, Cut };
  void note(std::uint32_t bound, std::uint32_t what, Was was) const {
    const auto word = std::uint64_t{bound + 1} << 32 | what;
    for (auto& one : known_)
      if (std::uint64_t none = 0; one.load(std::memory_order_relaxed) == 0 && one.compare_exchange_strong(none, word)) return;
    if (was == Was::Cut) known_[bound % known_.size()].store(word);
  }

 private:
  mutable std::array<std::atomic<std::uint64_t>, 4> known_{};
};

// Scopes as tokens carry them: interned, never freed, because an installation has few distinct sets.
struct ScopeSet {
  std::string joined;                     // "orders:read orders:write"
  Cuts cuts = {};
};

// Found by id, and what may be presented by hash. Readers: inside a read section, any thread. Writers: one at a time.
class Tokens {
 public:
  explicit Tokens(Epochs& epochs);
  ~Tokens();

  const TokenRecord* by_hash(const HashKey& hash) const {
    return table_.find(TokenTable::place_of(hash), [&](const TokenRecord& r) { return r.hash == hash; });
  }
  const TokenRecord* by_id(const TokenId& id) const;
  const ScopeSet& scope_set(std::uint32_t handle) const { return *scope_sets_[handle >> 10].load()[handle & 1023]; }

  // Adds the token, or puts it in place of what stands under its id. Takes `extras` over.
  void put(const TokenRecord& fields, std::unique_ptr<const TokenExtras> extras);
  // Sets the reason it ended for, unless one is set already. False where there is no such token.
  bool end(const TokenId& id, ledger::EndReason reason);
  // Sets flags of a token that is known; nothing otherwise.
  void flag(const TokenId& id, std::uint32_t flags);
  void rehash(const TokenId& id, const HashKey& to, std::uint32_t pepper);
  void forget(const TokenId& id);
  std::uint32_t intern(const ledger::Scopes& scopes);
  // Those of the list that stand in the set `bound`, as a set of their own.
  std::uint32_t intern_cut(std::string_view scopes, std::uint32_t bound);
  std::size_t size() const { return by_id_.size(); }
  // What the records' table takes. The writer's.
  std::size_t octets() const { return table_.octets(); }

 private:
  TokenRecord* find_id(const Ulid& id) const;
  void replace(const TokenRecord& fields, const TokenExtras* extras);
  const TokenExtras*& last_like(const TokenExtras& extras);
  const TokenExtras* shared(std::unique_ptr<const TokenExtras> extras);
  void let_go(const TokenExtras* extras);

  TokenTable table_;
  Slots by_id_;   // where in the table
  // The newest of each sort, by what they say: found again for the next token of the same grant.
  std::array<const TokenExtras*, 256> last_{};
  // Chunks of 1,024 sets: an address once given stays.
  std::unique_ptr<std::atomic<const ScopeSet**>[]> scope_sets_;
  std::vector<std::pair<std::string, std::uint32_t>> interned_;  // sorted by text
};

}  // namespace jeton::verify
