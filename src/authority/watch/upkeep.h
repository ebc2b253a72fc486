// What checks left for later: events to act on, last uses to write, old rows to remove. Called beside requests, with the time.
#pragma once

#include <mutex>

#include "authority/keys/signing_keys.h"
#include "authority/verify/verifier.h"
#include "authority/watch/watch.h"

namespace jeton::watch {

// act_on_events: any thread; the rest: one thread at a time.
class Upkeep {
 public:
  Upkeep(ledger::Ledger& ledger, verify::Verifier& verifier, Entropy& entropy)
      : ledger_(ledger), verifier_(verifier), alerts_(ledger, entropy), watch_(ledger, verifier, entropy), entropy_(entropy) {}

  // Ends what first uses ended, raises alerts or revokes families for tokens used after rotation, and has the watch look. Every second
  // or so.
  Status act_on_events(Instant now);
  // Writes last uses. Every few seconds, and at the end.
  Status write_uses();
  // Removes a little of what is past its keeping; true while there is more.
  Result<bool> purge(Instant now);

 private:
  Status first_use(const verify::Event& event, const audit::Doing& doing);
  Status hash_anew(const verify::Event& event);
  Status use_after_rotation(const verify::Event& event, const audit::Doing& doing);

  ledger::Ledger& ledger_;
  verify::Verifier& verifier_;
  Alerts alerts_;
  Watch watch_;
  Entropy& entropy_;
  std::mutex acting_;
};

}  // namespace jeton::watch
