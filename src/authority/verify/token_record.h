// One token as checks see it: what it is, whether it lives, what it hangs on.
#pragma once

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

// Whether tokens of that kind are shown to APIs; a grant's or a session's hash is asked for by nobody here.
inline bool shown(opaque::Kind kind) { return kind == opaque::Kind::Pat || kind == opaque::Kind::Key || kind == opaque::Kind::At; }

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

// The token that somebody acts with for the subject (RFC 8693 §4.1): what it hangs on in the ledger, and its own id where it is signed.
struct Actor {
  TokenId token, jwt;
  // Of "tok_…" or "tok_… tok_…"; none where it is neither.
  static Actor read(std::string_view text) {
    const auto space = text.find(' ');
    Actor a;
    a.token = TokenId::parse(text.substr(0, space)).value_or(TokenId());
    if (space != std::string_view::npos) a.jwt = TokenId::parse(text.substr(space + 1)).value_or(TokenId());
    return a;
  }
};

// What few tokens have. Immutable.
struct TokenOwn {
  CompiledRule network;
  TokenId family, predecessor;   // family: none() where it is the token itself
  std::string confirmation;
  Actor actor = {};
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

  // What a reader has ended meanwhile stays ended in the one that stands for it from now on.
  void give_way_to(TokenRecord& next) {
    const auto was = status.fetch_or(kSuperseded) & kReasonMask;
    if (was != 0 && (next.status.load() & kReasonMask) == 0) next.status.fetch_or(was);
  }

  static constexpr std::uint32_t kReasonMask = 0xff;
  static constexpr std::uint32_t kSuperseded = 0x100;      // look it up again: a newer record stands for it
  static constexpr std::uint32_t kOverlapping = 0x200;     // `expires` is the end of a rotation's overlap
  static constexpr std::uint32_t kEndsPredecessor = 0x400; // its first use ends the token before it
  static constexpr std::uint32_t kEndsOnFirstUse = 0x800;  // the first use of its successor ends it
  static constexpr std::uint32_t kQuarantined = 0x1000, kStepUp = 0x2000;   // ledger::Hold
};
static_assert(sizeof(TokenRecord) == 64);

}  // namespace jeton::verify
