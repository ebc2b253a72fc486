// Who did what: one record beside every change, in the same commit.
#pragma once

#include "authority/ledger/ledger.h"
#include "ground/entropy.h"

namespace jeton::audit {

// On whose behalf a change is made, and from where. Views live as long as the request.
struct Actor {
  std::string name;             // "uid:0", "tok_…", "system"
  net::Address address;
  std::string request_id;
};

// A change is made by someone at an instant.
struct Doing {
  const Actor& by;
  Instant now;
};

// "token.create" done to `target`; `detail` is a JSON object or empty, and holds no secret.
Result<ledger::Change> event(const Doing& doing, std::string_view action, std::string target, Entropy& entropy,
                             std::string detail = {});

}  // namespace jeton::audit
