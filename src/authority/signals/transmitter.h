// From events on record to security event tokens on their way, and what becomes of each. All of it is in the
// ledger, so a restart loses nothing.
#pragma once

#include <atomic>
#include <map>

#include "authority/signals/events.h"
#include "authority/signals/streams.h"

namespace jeton::signals {

// What a receiver that polls says (RFC 8936 §2.4).
struct Poll {
  std::size_t most = 100;                                    // of the sets it wants; 0: none
  std::vector<std::string> taken;                            // `jti`s
  std::vector<std::pair<std::string, std::string>> refused;  // `jti` and `err`
};
struct Polled {
  std::vector<std::pair<std::string, std::string>> sets;  // `jti` and the signed token
  bool more = false;
};

// One delivery on its way to where a receiver wants it pushed.
struct Push {
  enum class What : std::uint8_t { Send, Later, Never } what = What::Never;
  std::string url, set;
  Secret authorization = Secret();
  Instant later = {};             // of Later
  std::string_view trouble = {};  // of Never: a literal
};

class Transmitter {
 public:
  Transmitter(ledger::Ledger& ledger, const keys::Sealer& sealer, keys::SigningKeys& keys, Entropy& entropy, const Rules& rules)
      : ledger_(ledger), sealer_(sealer), keys_(keys), entropy_(entropy), rules_(rules) {}

  // Looks at what happened since the last time and makes deliveries of it. True while there may be more. One
  // thread.
  Result<bool> pump(Instant now);
  // Settles what the receiver took or refused, and signs what waits for it, oldest first. Any thread.
  Result<Polled> poll(const ledger::Stream& stream, const Poll& asked, Instant now);
  // What is to be done with a delivery to a stream whose time has come. Any thread.
  Result<Push> hand(const ledger::Delivery& delivery, Instant now);
  // Streams that were stopped since the start because nobody took what waited.
  std::uint64_t overflowed() const { return overflowed_; }

 private:
  using People = std::map<PrincipalId, std::optional<ledger::Principal>>;
  enum class Owner : std::uint8_t { There, Away, Gone };

  Status begin();
  Result<std::vector<Signal>> read(ledger::Seq& feed, std::uint64_t& audit, bool& more);
  Status offer(const ledger::Stream& stream, const std::vector<Signal>& signals, Instant now, std::vector<ledger::Change>& changes);
  Status overflow(ledger::Stream stream, Instant now, std::vector<ledger::Change>& changes);
  Result<const std::optional<ledger::Principal>*> person(const PrincipalId& id);
  Result<Owner> owner_of(const ledger::Stream& stream);
  Status settle(const ledger::Stream& stream, std::string_view jti, std::string_view err, Instant now);
  Result<std::string> sign(std::string_view claims, Instant now);
  // The next instant for an id: later ids are of later events.
  Instant stamp(Instant now);

  ledger::Ledger& ledger_;
  const keys::Sealer& sealer_;
  keys::SigningKeys& keys_;
  Entropy& entropy_;
  const Rules& rules_;
  bool begun_ = false;
  std::uint64_t audit_ = 0, kept_audit_ = 0;
  ledger::Seq feed_ = 0, kept_feed_ = 0;
  People people_;  // of one round
  Instant last_stamp_;
  std::atomic<std::uint64_t> overflowed_{0};
};

}  // namespace jeton::signals
