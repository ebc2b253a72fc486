// The one place a token is believed.
#pragma once

#include <memory>

#include "authority/ledger/ledger.h"
#include "authority/verify/decision.h"

namespace jeton::verify {

class Verifier;

// A look at what the verifier knows now. While one lives, what its decisions point to stays; keep it for one request,
// on the stack of one thread, and never over a wait.
class Reading {
 public:
  explicit Reading(const Verifier& verifier);
  ~Reading();
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;

  // Decides straight down: open the token, window, standing, API, network, route and scope. No write to the store, no
  // lock, no allocation for a token that is known. `now` is read once per request by the caller.
  Decision decide(std::string_view token, const Asked& asked, Instant now) const;

 private:
  const Verifier& verifier_;
};

// How old a decision's knowledge is.
struct AsOf {
  ledger::Seq seq = 0;
  Millis age{0};
};

}  // namespace jeton::verify
