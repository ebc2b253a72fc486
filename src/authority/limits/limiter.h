// Counts calls against the limits of tokens, principals, clients, APIs and addresses, on the path of every check.
#pragma once

#include <array>
#include <deque>
#include <optional>
#include <vector>

#include "authority/ledger/records.h"
#include "authority/limits/limit.h"
#include "authority/limits/passers.h"

namespace jeton::limits {

enum class Level : std::uint8_t { Token, Principal, Client, Api, Address };
enum class Kind : std::uint8_t { Rate, Day, Month, Credits };
std::string_view name(Level level);   // "token"

// A call that came too early.
struct Refused {
  Level level = Level::Token;
  Kind kind = Kind::Rate;
  std::uint64_t quota = 0;    // calls in the window
  std::uint32_t window = 0;   // seconds; 0 for credits, which time does not bring back
  std::uint32_t wait = 0;     // seconds until a call would be let in; at least 1. For credits a time to ask again
};

// Who calls; null and none: not known, or there is none.
struct Caller {
  const Ulid* token = nullptr;
  const Ulid* principal = nullptr;
  const Ulid* client = nullptr;
  const Ulid* api = nullptr;
  net::Address address = {};
};

// Charging: any thread, inside a read section of the epochs; no lock, no allocation, no write but to one word a limit. The rest: one
// thread at a time, the epochs' writer (verify::Verifier holds its lock).
class Limiter {
 public:
  explicit Limiter(verify::Epochs& epochs);
  ~Limiter();

  // Whether there is any limit at all: where there is none, asking this is all it costs.
  bool any() const { return any_.load(std::memory_order_relaxed); }
  // From the narrowest level to the widest, so that who goes over its own limit spends nothing of what it shares. Credits are taken last,
  // of every level or of none.
  std::optional<Refused> charge(const Caller& caller, Instant now);
  // A token that never was: counted for its address apart from calls that are let in, so that nobody shuts its neighbours out.
  std::optional<Refused> charge_guess(const net::Address& address, Instant now);

  // Sets, or with an empty text clears, the limits of a token, principal, client or API. A text that is no limit leaves the old one.
  void set(Level level, const Ulid& id, std::string_view limits);
  // What holds for every address, and for every token without a rate of its own. Rates only.
  void set_default(Level level, std::string_view limits);
  // Few calls only, until then.
  void throttle(const Ulid& token, Instant until);
  void unthrottle(const Ulid& token);

  // Quotas of which something was spent since the last call; and those that a ledger kept.
  std::vector<ledger::QuotaUse> take_quotas();
  void restore(std::span<const ledger::QuotaUse> quotas);
  std::uint64_t credits_spent(Level level, const Ulid& id) const;
  // Refused since the start, by level.
  std::uint64_t refused(Level level) const { return refused_[static_cast<std::size_t>(level)].load(std::memory_order_relaxed); }

 private:
  struct Subject;
  static constexpr unsigned kChunkBits = 10;
  static constexpr std::size_t kChunks = 1 << 16;
  Subject* find(const Ulid& id) const;
  Subject& at(std::uint32_t handle) const;
  Subject& expect(const Ulid& id);
  const Limit* interned(std::string_view text);
  std::optional<Refused> charge_subject(Level level, const Ulid& id, Subject* subject, Instant now);
  static std::optional<Refused> charge_credits(std::span<Subject* const> payers);
  std::optional<Refused> charge_passer(Level level, ByteView name, const Limit& limit, Instant now);
  bool busy(Level level) const { return limited_[static_cast<std::size_t>(level)].load(std::memory_order_relaxed) != 0; }
  std::optional<Refused> counted(std::optional<Refused> refused);

  std::atomic<bool> any_{false};
  std::array<std::atomic<std::uint32_t>, 5> limited_{};  // subjects of each level that have limits
  std::atomic<const Limit*> every_token_{nullptr}, every_address_{nullptr};
  verify::Slots by_id_;
  verify::Untouched<std::atomic<Subject*>> chunks_{kChunks};
  std::uint32_t next_ = 0;
  std::deque<Limit> limits_;  // an installation has few distinct ones: never freed
  Passers passers_;
  std::array<std::atomic<std::uint64_t>, 5> refused_{};
};

}  // namespace jeton::limits
