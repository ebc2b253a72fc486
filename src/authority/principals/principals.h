// Users, service accounts, and the devices their tokens belong to.
#pragma once

#include "authority/audit/event.h"

namespace jeton::principals {

// Refusals as in apis/apis.h. Any thread.
class Principals {
 public:
  Principals(ledger::Ledger& ledger, Entropy& entropy) : ledger_(ledger), entropy_(entropy) {}

  Result<ledger::Principal> create(PrincipalKind kind, ledger::Principal draft, const audit::Doing& doing,
                                   const audit::With<ledger::Principal>& with = {});
  Result<ledger::Principal> update(ledger::Principal changed, const audit::Doing& doing);
  // While disabled, every token is refused; enabling brings them back.
  Result<ledger::Principal> set_standing(const PrincipalId& id, ledger::Standing standing, const audit::Doing& doing);
  // For good: ends every token.
  Status remove(const PrincipalId& id, const audit::Doing& doing);
  // By id or name.
  Result<ledger::Principal> find(PrincipalKind kind, std::string_view called);
  // By id, or by the name of a user or, where there is none, of a service account.
  Result<ledger::Principal> find(std::string_view called);

 private:
  ledger::Ledger& ledger_;
  Entropy& entropy_;
};

class Devices {
 public:
  Devices(ledger::Ledger& ledger, Entropy& entropy) : ledger_(ledger), entropy_(entropy) {}

  Result<ledger::Device> create(ledger::Device draft, const audit::Doing& doing, const audit::With<ledger::Device>& with = {});
  Result<ledger::Device> update(ledger::Device changed, const audit::Doing& doing);
  // Ends its tokens, and nothing else.
  Status revoke(const DeviceId& id, const audit::Doing& doing);
  Result<ledger::Device> find(const DeviceId& id);
  // The principal's device of that id or name, as it is, or a new one that is not in the ledger yet (version 0).
  Result<ledger::Device> find_or_draft(const PrincipalId& principal, std::string_view called, Instant now);

 private:
  ledger::Ledger& ledger_;
  Entropy& entropy_;
};

}  // namespace jeton::principals
