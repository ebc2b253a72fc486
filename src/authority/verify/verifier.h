// The one place a token is believed.
#pragma once

#include <functional>
#include <memory>
#include <mutex>

#include "authority/ledger/ledger.h"
#include "authority/verify/decision.h"
#include "authority/verify/jwt_cache.h"
#include "authority/verify/parties.h"
#include "authority/verify/uses.h"
#include "authority/verify/world.h"

namespace jeton::verify {

// How old a decision's knowledge is.
struct AsOf {
  ledger::Seq seq = 0;
  Millis age{0};   // of this process, which hears of every commit as it happens: 0
};

struct Limits {
  std::size_t cached_jwts = 32768;
};

// Holds in memory what checks need, and follows the ledger: after a commit was acknowledged, no check here is older.
// load, apply and the setters: any thread (they share a writer's lock). Checks go through a Reading.
class Verifier final : public ledger::Follower {
 public:
  Verifier(ledger::Ledger& ledger, std::string issuer, Limits limits = {});
  ~Verifier() override;

  // Reads parties, APIs and rules; checks may be asked from then on. Tokens that are not in memory yet are looked up in the
  // ledger one by one until load_tokens is through.
  Status load(Instant now);
  // Streams every token in; takes seconds for millions. Beside checks and commits.
  Status load_tokens();

  void set_keys(std::shared_ptr<const keys::KeyRing> ring);
  void set_peppers(std::shared_ptr<const keys::PepperSet> peppers);

  void apply(ledger::Seq seq, std::span<const ledger::Effect> effects) noexcept override;

  AsOf as_of() const { return {seq_.load(std::memory_order_acquire), Millis(0)}; }
  std::size_t tokens_held() const { return tokens_.size(); }
  CacheFigures cache_figures() const { return jwts_.figures(); }
  bool complete() const { return complete_.load(std::memory_order_acquire); }
  // What checks left for later; the program takes it away.
  Uses& uses() const { return uses_; }

 private:
  friend class Reading;
  friend class Opener;
  using Writing = std::lock_guard<std::mutex>;

  class Loading;
  struct Bundle;
  void put(const ledger::Token& token);
  void put(const ledger::Principal& principal);
  void put(const ledger::Device& device);
  void put(const ledger::Client& client);
  void end(const ledger::TokenEnded& ended);
  void revoke_jwt(const TokenId& jti);
  void change_world(const std::function<void(World&)>& edit);
  // Brings one token, and whom it hangs on, in from the ledger while not all are held. Null where there is none.
  Result<const TokenRecord*> fetch(const crypto::Sha256Digest& hash);
  Result<const TokenRecord*> fetch(const TokenId& id);
  template <class Read>
  Result<const TokenRecord*> fetch_by(Read&& read);
  // Takes a verified token into the cache, unless keys changed since `seen` was looked at. What it returns lives as long as the
  // caller's read section.
  const SignedToken* remember(std::string_view token, SignedToken said, const World& seen, Instant now);
  Status fetch_parties(Bundle& bundle);
  Status load_parties();

  ledger::Ledger& ledger_;
  mutable std::mutex writing_;
  Epochs epochs_;
  Tokens tokens_;
  Parties principals_, devices_, clients_;
  JwtCache jwts_;
  std::atomic<const World*> world_;
  std::atomic<const std::vector<Ulid>*> revoked_jwts_;   // sorted
  std::atomic<ledger::Seq> seq_{0};
  std::atomic<std::uint64_t> applied_{0};   // commits heard of: tells a reader of the ledger that it may be behind
  std::vector<TokenId> missed_;             // changed while the loading had not come to them
  std::atomic<bool> complete_{false};
  mutable Uses uses_;
};

// A look at what the verifier knows now. While one lives, what its decisions point to stays; keep it for one request, on
// the stack of one thread, and never over a wait. May nest.
class Reading {
 public:
  explicit Reading(Verifier& verifier) : verifier_(verifier), inside_(verifier.epochs_), world_(*verifier.world_.load()) {}

  // Decides straight down: open the token, window, standing, API, network, route and scope. No write to the store, no
  // lock, no allocation for a token that is known. `now` is read once per request by the caller.
  Decision decide(std::string_view token, const Asked& asked, Instant now) const;
  // The same without a trace: last use and events are not noted (for `why`, and for checking what a caller shows of another).
  Decision judge(std::string_view token, const Asked& asked, Instant now) const;

 private:
  const TokenRecord* judge(std::string_view token, const Asked& asked, Instant now, Decision& d) const;
  void note(const Decision& d, const TokenRecord* used, const Asked& asked, Instant now) const;
  void after_use(const TokenRecord& used, const net::Address& address, Instant now) const;
  // The token is stored under an older pepper: whoever shows it lets it be hashed anew.
  void note_old_pepper(const TokenRecord& token, std::string_view text, Instant now) const;
  Verifier& verifier_;
  const ReadSection inside_;
  const World& world_;
};

}  // namespace jeton::verify
