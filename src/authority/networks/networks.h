// Named sets of networks, "office" and "ci", that rules call by "@office".
#pragma once

#include "authority/audit/event.h"

namespace jeton::networks {

struct Network {
  std::string name;
  std::vector<net::Prefix> prefixes;
  Instant created, updated;
  ledger::Version version = 1;
};

// How the ledger keeps one: a setting of this name; empty once it is deleted.
inline constexpr std::string_view kPrefix = "network.";
// The set that a setting holds; nothing where it was deleted. StoreCorrupt where it is not one that this room wrote.
Result<std::optional<Network>> read(const ledger::Setting& setting);

// Any thread.
class Networks {
 public:
  Networks(ledger::Ledger& ledger, Entropy& entropy) : ledger_(ledger), entropy_(entropy) {}

  // At most 100,000 prefixes. Conflict: there is one of that name.
  Result<Network> create(Network network, const audit::Doing& doing);
  Result<Network> update(Network network, const audit::Doing& doing);
  // Conflict while a rule of anybody says its name: `users` tells whose.
  Status remove(std::string_view name, const audit::Doing& doing);
  Result<Network> find(std::string_view name);
  Result<std::vector<Network>> list();
  // The ids of those whose rules say the name; of many, the first hundred.
  Result<std::vector<std::string>> users(std::string_view name, Instant now);

 private:
  Status write(const Network& network, std::string_view action, ledger::Version version, const audit::Doing& doing);
  ledger::Ledger& ledger_;
  Entropy& entropy_;
};

}  // namespace jeton::networks
