// What checks leave behind for later: last uses and events, kept per thread, taken away in batches.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "authority/ledger/ledger.h"
#include "authority/verify/decision.h"

namespace jeton::verify {

enum class EventKind : std::uint8_t {
  FirstUse,          // a rotated token's successor was used: its predecessor has ended
  UseAfterRotation,  // a token that rotation had ended was presented
  UseAfterEnd,       // a token that was revoked, or whose owner ended, was presented
  OldPepper,         // a token that is stored under an older pepper was let in: it can be hashed anew
};

struct Event {
  EventKind kind = EventKind::FirstUse;
  TokenId token;
  Instant at;
  net::Address address;
  crypto::Sha256Digest hash{}, fresh{};   // OldPepper: as it is stored, and under the active one
  std::uint32_t pepper = 0;               // the active one's number
};

// One decision, for those who watch how tokens are used.
struct Sighting {
  TokenId token;            // none() where nothing that is known was presented
  Instant at;
  net::Address address;
  std::uint32_t agent = 0;
  Reason reason = Reason::Allowed;
  Tried tried = Tried::Token;
  // Whose the token is, unless it was given to an application: where that calls from says nothing of its person. Of a password: whose it
  // was to be. none() where neither is known.
  PrincipalId principal = {};
};

// Whether checks leave anything behind of a call that changes nothing: for the watch, the counts by day, and the last use.
enum class Watching : std::uint8_t { On, Off };

// Bounded in memory: a use or event that finds no room is counted and dropped. note: any thread, no shared lock, and no atomic step but
// plain loads and stores of the thread's own lane. take: any thread, seldom.
class Uses {
 public:
  Uses();
  ~Uses();

  // On, until it is said otherwise.
  void set(Watching watching) { watching_.store(watching == Watching::On, std::memory_order_relaxed); }

  // A check's decision about a token; where it let one in, a use of it too.
  void note_decision(const Decision& decision, const Asked& asked, Instant now);
  // Allowed ones leave room for refusals: a busy server is sampled, an attack is seen.
  void note_seen(const Sighting& seen);
  void note_use(const TokenId& token, Instant now, const net::Address& address);
  void note_event(const Event& event);

  // Everything noted since the last call, at most one use a token a thread.
  std::vector<ledger::LastUse> take_uses();
  std::vector<Event> take_events();
  // In the order of their time.
  std::vector<Sighting> take_seen();
  std::uint64_t dropped() const;

 private:
  struct Lane;
  class Turn;
  class Taking;
  std::unique_ptr<Lane[]> lanes_;
  std::atomic<bool> watching_{true};
  mutable std::mutex taking_;
};

}  // namespace jeton::verify
