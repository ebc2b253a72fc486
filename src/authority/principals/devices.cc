#include "authority/ledger/pages.h"
#include "authority/policy/names.h"
#include "authority/principals/principals.h"

namespace jeton::principals {
namespace {

Status check(const ledger::Device& d) {
  if (d.name.empty()) return refuse(Refusal::Invalid, "name: a device has one");
  TRY_VOID(policy::good_label(d.name));
  return policy::good_network(d.network);
}

}  // namespace

Result<ledger::Device> Devices::create(ledger::Device draft, const audit::Doing& doing, const audit::With<ledger::Device>& with) {
  TRY_VOID(check(draft));
  TRY(draft.id, DeviceId::make(doing.now, entropy_));
  draft.created = draft.updated = doing.now;
  draft.version = 1;
  TRY(auto event, audit::event(doing, "device.create", draft.id.text(), entropy_));
  TRY(auto changes, audit::together({ledger::Insert<ledger::Device>{draft}, std::move(event)}, with, draft));
  TRY_VOID(ledger_.commit(std::move(changes)));
  return draft;
}

Result<ledger::Device> Devices::update(ledger::Device changed, const audit::Doing& doing) {
  TRY_VOID(check(changed));
  changed.updated = doing.now;
  TRY(auto event, audit::event(doing, "device.update", changed.id.text(), entropy_));
  TRY_VOID(ledger_.commit({ledger::Update<ledger::Device>{changed}, std::move(event)}));
  ++changed.version;
  return changed;
}

Status Devices::revoke(const DeviceId& id, const audit::Doing& doing) {
  TRY(auto d, find(id));
  if (d.revoked) return {};
  d.revoked = d.updated = doing.now;
  TRY(auto event, audit::event(doing, "device.revoke", id.text(), entropy_));
  TRY_VOID(ledger_.commit({ledger::Update<ledger::Device>{d},
                           ledger::EndTokens{ledger::TokensOf(id), ledger::EndReason::DeviceRevoked, {}, doing.now}, std::move(event)}));
  return {};
}

Result<ledger::Device> Devices::find(const DeviceId& id) {
  TRY(auto d, ledger_.device(id));
  if (!d) return refuse(Refusal::NotFound, "no such device");
  return *std::move(d);
}

Result<ledger::Device> Devices::find_or_draft(const PrincipalId& principal, std::string_view called, Instant now) {
  if (const auto id = DeviceId::parse(called)) {
    TRY(auto d, find(*id));
    if (d.principal != principal || d.revoked) return refuse(Refusal::Invalid, "device: not one of this principal, or revoked");
    return d;
  }
  std::optional<ledger::Device> found;
  TRY_VOID(ledger::each_of<DeviceId>([&](const auto& page) { return ledger_.devices(principal, page); },
                                     [&](ledger::Device& d) -> Result<bool> {
                                       if (d.name == called && !d.revoked) found = std::move(d);
                                       return !found;
                                     }));
  if (found) return *std::move(found);
  ledger::Device fresh;
  fresh.name = called;
  fresh.principal = principal;
  TRY_VOID(check(fresh));
  TRY(fresh.id, DeviceId::make(now, entropy_));
  fresh.created = fresh.updated = now;
  fresh.version = 0;
  return fresh;
}

}  // namespace jeton::principals
