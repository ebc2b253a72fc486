// Every token this installation knows, in 64 octets each.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "authority/verify/slots.h"
#include "authority/verify/token_table.h"

namespace jeton::verify {

// Scopes as tokens carry them: interned, never freed, because an installation has few distinct sets.
struct ScopeSet {
  std::string joined;                     // "orders:read orders:write"
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
