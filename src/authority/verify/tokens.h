// Every token this installation knows, in 64 octets each.
#pragma once

#include <array>
#include <atomic>
#include <cstring>
#include <memory>
#include <string>

#include "authority/ledger/records.h"
#include "authority/networks/places.h"
#include "authority/verify/slots.h"
#include "blocks/net/prefix_set.h"

namespace jeton::verify {

// The first 128 bits of a token's keyed hash: as hard to meet by chance as the token is to guess, at half the memory.
struct HashKey {
  std::uint64_t high = 0, low = 0;
  bool operator==(const HashKey&) const = default;
  static HashKey of(const crypto::Sha256Digest& digest) {
    HashKey k;
    std::memcpy(&k.high, digest.data(), 8);
    std::memcpy(&k.low, digest.data() + 8, 8);
    return k;
  }
};

inline std::uint64_t slot_key(const Ulid& id) {
  std::uint64_t key;
  std::memcpy(&key, id.octets.data() + 8, 8);
  return key;
}

// A network rule, ready to be asked.
struct CompiledRule {
  net::PrefixSet allow, deny;
  std::shared_ptr<const networks::Words> words = {};   // null: none, as in most rules
  bool empty() const { return allow.empty() && deny.empty() && words == nullptr; }
  // No address is refused wherever an allow list stands.
  bool lets_in(const net::Address& a) const {
    if (!deny.empty() && !a.is_none() && deny.holds(a)) return false;
    if (words != nullptr) return words_let_in(a);
    return allow.empty() || (!a.is_none() && allow.holds(a));
  }
  bool words_let_in(const net::Address& a) const;
};
CompiledRule compile(const ledger::NetworkRule& rule, networks::Places& places);

// What few tokens have. Immutable.
struct TokenOwn {
  CompiledRule network;
  TokenId family, predecessor;   // family: none() where it is the token itself
  std::string confirmation;
};

// What a token hangs on. Immutable. What a client is given by one grant is alike in this, so many tokens may share one.
struct TokenExtras {
  TokenId parent;
  std::uint32_t client = Slots::kNone;     // handle
  mutable std::uint32_t holders = 1;       // records that point here; the writer's
  std::unique_ptr<const TokenOwn> own;     // null: in most
};

// One token. Immutable but for `status`; a changed token is a new record.
struct TokenRecord {
  HashKey hash;
  Ulid id;
  std::uint32_t expires = 0;              // seconds; 0: never
  std::atomic<std::uint32_t> status{0};   // an EndReason in the low octet, and the flags below
  std::uint32_t principal = Slots::kNone, device = Slots::kNone;  // handles
  std::uint32_t scopes = 0;               // handle
  std::uint16_t api = 0;                  // handle
  opaque::Kind kind = opaque::Kind::Pat;
  std::uint8_t pepper_low = 0;
  const TokenExtras* extras = nullptr;    // null: none of it

  const TokenOwn* own() const { return extras == nullptr ? nullptr : extras->own.get(); }
  TokenId parent() const { return extras == nullptr ? TokenId() : extras->parent; }

  static constexpr std::uint32_t kReasonMask = 0xff;
  static constexpr std::uint32_t kSuperseded = 0x100;      // look it up again: a newer record stands for it
  static constexpr std::uint32_t kOverlapping = 0x200;     // `expires` is the end of a rotation's overlap
  static constexpr std::uint32_t kEndsPredecessor = 0x400; // its first use ends the token before it
  static constexpr std::uint32_t kEndsOnFirstUse = 0x800;  // the first use of its successor ends it
  static constexpr std::uint32_t kQuarantined = 0x1000, kStepUp = 0x2000;   // ledger::Hold
};
static_assert(sizeof(TokenRecord) == 64);

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
    const TokenRecord* found = nullptr;
    const auto same = [&](std::uint32_t handle) {
      found = &record(handle);
      return found->hash == hash;
    };
    return by_hash_.find(hash.high, same) == Slots::kNone ? nullptr : found;
  }
  const TokenRecord* by_id(const TokenId& id) const;
  const ScopeSet& scope_set(std::uint32_t handle) const { return *scope_sets_[handle >> 10].load()[handle & 1023]; }

  // Adds the token, or puts it in place of what stands under its id. Takes `extras` over.
  void put(const TokenRecord& fields, std::unique_ptr<const TokenExtras> extras);
  // Whether tokens of that kind are shown to APIs; a grant's or a session's hash is asked for by nobody here.
  static bool shown(opaque::Kind kind) { return kind == opaque::Kind::Pat || kind == opaque::Kind::Key || kind == opaque::Kind::At; }
  // Sets the reason it ended for, unless one is set already. False where there is no such token.
  bool end(const TokenId& id, ledger::EndReason reason);
  // Sets flags of a token that is known; nothing otherwise.
  void flag(const TokenId& id, std::uint32_t flags);
  void rehash(const TokenId& id, const HashKey& to, std::uint32_t pepper);
  void forget(const TokenId& id);
  std::uint32_t intern(const ledger::Scopes& scopes);
  std::size_t size() const { return by_id_.size(); }

 private:
  static constexpr unsigned kChunkBits = 16;
  static constexpr std::size_t kChunks = 4096;
  TokenRecord& record(std::uint32_t handle) const {
    return chunks_[handle >> kChunkBits].load(std::memory_order_acquire)[handle & ((1u << kChunkBits) - 1)];
  }
  std::uint32_t find_id(const Ulid& id) const;
  std::uint32_t allocate();
  void recycle(std::uint32_t handle);
  void replace(const TokenRecord& fields, const TokenExtras* extras);
  const TokenExtras*& last_like(const TokenExtras& extras);
  const TokenExtras* shared(std::unique_ptr<const TokenExtras> extras);
  void let_go(const TokenExtras* extras);

  Epochs& epochs_;
  Slots by_hash_, by_id_;
  std::unique_ptr<std::atomic<TokenRecord*>[]> chunks_;
  std::vector<std::uint32_t> free_;
  std::uint32_t next_ = 0;
  // The newest of each sort, by what they say: found again for the next token of the same grant.
  std::array<const TokenExtras*, 256> last_{};
  // Chunks of 1,024 sets: an address once given stays.
  std::unique_ptr<std::atomic<const ScopeSet**>[]> scope_sets_;
  std::vector<std::pair<std::string, std::uint32_t>> interned_;  // sorted by text
};

}  // namespace jeton::verify
