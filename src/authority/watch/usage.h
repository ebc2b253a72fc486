// Who still uses which token: calls that were let in, counted by token and day until they are written.
#pragma once

#include <mutex>
#include <unordered_map>
#include <vector>

#include "authority/verify/agents.h"
#include "authority/verify/uses.h"

namespace jeton::watch {

// Bounded: of more tokens between two writings, the rest is not counted. Any thread.
class Usage {
 public:
  void see(const verify::Sighting& seen, const verify::Agents& agents);
  // What was counted since the last call.
  std::vector<ledger::DayUse> take();

 private:
  std::mutex mutex_;
  std::unordered_map<TokenId, ledger::DayUse> counted_;
};

}  // namespace jeton::watch
