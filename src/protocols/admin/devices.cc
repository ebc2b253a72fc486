#include "protocols/admin/body.h"
#include "protocols/admin/render.h"

namespace jeton::protocols::admin {
namespace {

Result<ledger::Device> called(Call& call) {
  const auto id = DeviceId::parse(call.id);
  if (!id) return refuse(Refusal::NotFound, "no such device");
  return call.rooms.devices.find(*id);
}

}  // namespace

Status list_devices(Call& call) {
  TRY(const auto query, Query::parse(call.request.query, {"principal"}));
  TRY(const auto page, page_of<DeviceId>(query.page.cursor, query.page.limit));
  std::optional<PrincipalId> of;
  if (const auto name = query.get("principal")) {
    TRY(const auto principal, call.rooms.principals.find(*name));
    of = principal.id;
  }
  TRY(auto items, call.rooms.ledger.devices(of, page));
  return answer_page(call, items, query.page.limit);
}

Status create_device(Call& call) {
  TRY(const auto body, Body::parse(call.request.body, {"principal", "name", "allow", "deny"}));
  TRY(const auto owner, body.needed("principal"));
  TRY(const auto principal, call.rooms.principals.find(owner));
  ledger::Device device;
  device.principal = principal.id;
  TRY(device.name, body.needed("name"));
  TRY_VOID(read_network(body, device.network));
  TRY_VOID(call.rooms.devices.create(std::move(device), call.doing(), created<ledger::Device>(call, "/v1/devices/")));
  return {};
}

Status show_device(Call& call) {
  TRY(const auto device, called(call));
  return answer(call, device);
}

Status update_device(Call& call) {
  TRY(const auto body, Body::parse(call.request.body, {"name", "allow", "deny", "version"}));
  TRY(auto device, called(call));
  TRY_VOID(body.same_version(device.version));
  TRY(auto name, body.text("name"));
  if (name) device.name = *std::move(name);
  TRY_VOID(read_network(body, device.network));
  TRY(const auto updated, call.rooms.devices.update(std::move(device), call.doing()));
  return answer(call, updated);
}

Status revoke_device(Call& call) {
  TRY(const auto device, called(call));
  TRY_VOID(call.rooms.devices.revoke(device.id, call.doing()));
  TRY(const auto after, call.rooms.devices.find(device.id));
  return answer(call, after);
}

}  // namespace jeton::protocols::admin
