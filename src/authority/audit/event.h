// Who did what: one record beside every change, in the same commit.
#pragma once

#include <functional>

#include "authority/ledger/ledger.h"
#include "ground/entropy.h"

namespace jeton::audit {

// On whose behalf a change is made, and from where. Views live as long as the request.
struct Actor {
  std::string name;             // "uid:0", "tok_…", "system"
  net::Address address;
  std::string request_id;
  std::string trace_id = {};    // of a traceparent; may be empty
};

// A change is made by someone at an instant.
struct Doing {
  const Actor& by;
  Instant now;
};

// "token.create" done to `target`; `detail` is a JSON object or empty, and holds no secret.
Result<ledger::Change> event(const Doing& doing, std::string_view action, std::string target, Entropy& entropy, std::string detail = {});

// More changes for the commit that makes a record, built when the record is known (a kept answer).
template <class Record>
using With = std::function<Result<std::vector<ledger::Change>>(const Record&)>;

template <class Record>
Result<std::vector<ledger::Change>> together(std::vector<ledger::Change> changes, const With<Record>& with, const Record& record) {
  if (!with) return changes;
  TRY(auto more, with(record));
  for (auto& change : more) changes.push_back(std::move(change));
  return changes;
}

}  // namespace jeton::audit
