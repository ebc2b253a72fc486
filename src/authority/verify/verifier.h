// The one place a token is believed.
#pragma once

#include <functional>
#include <memory>
#include <mutex>

#include "authority/ledger/ledger.h"
#include "authority/verify/agents.h"
#include "authority/verify/decision.h"
#include "authority/verify/jwt_cache.h"
#include "authority/verify/parties.h"
#include "authority/verify/revoked/jwts.h"
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
  Agents& agents() { return agents_; }
  limits::Limiter& limiter() { return limiter_; }
  std::vector<ledger::QuotaUse> take_quotas();
  // What was spent of the credits of a token, principal, client or API.
  std::uint64_t credits_spent(limits::Level level, const Ulid& id);
  // Few calls of the token only, until then; and no longer.
  void throttle(const TokenId& token, Instant until);
  void unthrottle(const TokenId& token);
  networks::Places& places() { return places_; }
  void set_atlas(std::unique_ptr<const geo::Database> atlas);
  // Rules that only observe, with how many calls each would have refused since the start.
  std::vector<std::pair<RuleId, std::uint64_t>> observed() const;
  // Where the address is, as far as there is a database.
  geo::Place place(const net::Address& address) const;
  // The installation's rule that keeps the address out, if one does.
  std::optional<RuleId> refusing_rule(const net::Address& address) const;
  // Whether a rule that stands nowhere here lets the address in.
  bool lets_in(const ledger::NetworkRule& rule, const net::Address& address);
  // Calls that have no token are counted here: an application at the token endpoint, a browser. Nothing where they may go on.
  std::optional<limits::Refused> charge(const limits::Caller& caller, Instant now);
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
  const Ulid& payer(const TokenRecord& used) const;
  Ulid payer(const TokenId& token) const;
  void revoke_jwt(const ledger::RevokedJwt& revoked);
  // Those of the list that stand in the set `bound`, as a set of their own.
  std::uint32_t cut(std::string_view scopes, std::uint32_t bound);
  void hear(const ledger::Setting& setting);
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
  limits::Limiter limiter_{epochs_};
  networks::Places places_{epochs_};
  Tokens tokens_;
  Parties principals_, devices_, clients_;
  JwtCache jwts_;
  std::atomic<const World*> world_;
  std::atomic<const RevokedJwts*> revoked_jwts_;
  std::atomic<ledger::Seq> seq_{0};
  std::atomic<std::uint64_t> applied_{0};   // commits heard of: tells a reader of the ledger that it may be behind
  std::vector<TokenId> missed_;             // changed while the loading had not come to them
  std::atomic<bool> complete_{false};
  mutable Uses uses_;
  Agents agents_;
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
  // The rules that only observe and would refuse that address.
  std::vector<RuleId> observing(const net::Address& address) const;

 private:
  const TokenRecord* judge(std::string_view token, const Asked& asked, Instant now, Decision& d) const;
  void observe(const Decision& d, const Asked& asked) const;
  void limit(Decision& d, const TokenRecord* used, const Asked& asked, Instant now) const;
  void note(const Decision& d, const TokenRecord* used, const Asked& asked, Instant now) const;
  void after_use(const TokenRecord& used, const net::Address& address, Instant now) const;
  // The token is stored under an older pepper: whoever shows it lets it be hashed anew.
  void note_old_pepper(const TokenRecord& token, std::string_view text, Instant now) const;
  Verifier& verifier_;
  const ReadSection inside_;
  const World& world_;
};

}  // namespace jeton::verify
