// Streams of security events: made and changed by those who receive them (OpenID Shared Signals Framework 1.0
// §8).
#pragma once

#include <functional>

#include "authority/audit/event.h"
#include "authority/keys/sealer.h"
#include "authority/keys/signing_keys.h"
#include "blocks/net/guard.h"
#include "ground/secret.h"

namespace jeton::signals {

// What the installation says of all streams.
struct Rules {
  std::string issuer;
  net::Guard guard = {};            // where events may be pushed
  std::size_t most_waiting = 1000;  // for one receiver; then its stream is stopped
  Seconds hold{30};                 // so long a poll waits for an event
  // Told of streams for which an event may wait that did not before; empty: nobody is. Any thread, after the commit.
  std::function<void(const StreamId&)> tell = {};
  void has_news(const StreamId& stream) const {
    if (tell) tell(stream);
  }
};

inline constexpr std::size_t kMostStreams = 100, kMostOwned = 10;
// So long a receiver waits between two requests for a verification.
inline constexpr Seconds kVerifyEvery{10};
inline constexpr std::string_view kOperator = "operator";

// The word for it on the wire: "enabled", "paused", "disabled".
std::string_view name(ledger::StreamState state);

// What becomes of the Authorization of pushes.
struct Authorization {
  enum class What : std::uint8_t { Keep, Drop, Put } what = What::Keep;
  Secret text = Secret();
};

// Opens the Authorization of a stream's pushes; empty where there is none.
Result<Secret> authorization_of(const ledger::Stream& stream, const keys::Sealer& sealer);

// Any thread.
class Streams {
 public:
  Streams(ledger::Ledger& ledger, const keys::Sealer& sealer, keys::SigningKeys& keys, Entropy& entropy, const Rules& rules)
      : ledger_(ledger), sealer_(sealer), keys_(keys), entropy_(entropy), rules_(rules) {}

  // Invalid: an address that events may not go to, or words too many or too long. Conflict: the owner has 10
  // streams, or there are 100.
  Result<ledger::Stream> create(ledger::Stream draft, const Authorization& authorization, const audit::Doing& doing,
                                const audit::With<ledger::Stream>& with = {});
  // NotFound: there is none, or it is another's. An empty owner finds everybody's.
  Result<ledger::Stream> find(std::string_view id, std::string_view owner);
  Result<std::vector<ledger::Stream>> of(std::string_view owner);
  // Puts a changed record in place of the one that was read. What waits goes where the stream now leads.
  Result<ledger::Stream> update(ledger::Stream changed, const Authorization& authorization, const audit::Doing& doing);
  // The receiver's own choice. Where it is to be enabled, what waits is sent at once; where it is disabled,
  // what waits is given up.
  Result<ledger::Stream> set_state(ledger::Stream stream, ledger::StreamState state, std::string reason, const audit::Doing& doing);
  Status remove(const StreamId& id, const audit::Doing& doing);
  // Puts a verification event on its way. RateLimited: one was asked for less than 10 seconds ago. Conflict:
  // no room. Invalid: it is disabled.
  Status verify(ledger::Stream stream, const std::optional<std::string>& state, const audit::Doing& doing);

 private:
  Status check(const ledger::Stream& stream) const;
  Status seal(ledger::Stream& stream, const Authorization& authorization);
  Result<ledger::Stream> put(ledger::Stream stream, std::string_view action, const audit::Doing& doing);
  // Changes all that waits for it.
  Status each_waiting(const StreamId& id, const std::function<void(ledger::Delivery&)>& change);

  ledger::Ledger& ledger_;
  const keys::Sealer& sealer_;
  keys::SigningKeys& keys_;
  Entropy& entropy_;
  const Rules& rules_;
};

}  // namespace jeton::signals
