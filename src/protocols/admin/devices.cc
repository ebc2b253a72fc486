// Where somebody is: devices, and browsers that have logged in.
#include "protocols/admin/body.h"
#include "protocols/admin/render.h"

namespace jeton::protocols::admin {
namespace {

Result<ledger::Device> called(Call& call) {
  const auto id = DeviceId::parse(call.id);
  if (!id) return refuse(Refusal::NotFound, "no such device");
  return call.rooms.devices.find(*id);
}

void render_session(json::Writer& w, const sessions::Session& s) {
  w.object().member("id", sessions::id_text(s.id)).member("user", s.principal.text()).member("user_name", s.user).member("agent", s.agent);
  w.optional("last_address", s.address.text())
      .member("created", to_rfc3339(s.created))
      .member("authenticated", to_rfc3339(s.authenticated));
  w.key("methods").array();
  for (std::string_view rest = s.methods; !rest.empty();) {
    const auto word = rest.substr(0, rest.find(' '));
    rest.remove_prefix(std::min(word.size() + 1, rest.size()));
    w.string(word);
  }
  w.end_array().member("last_used", to_rfc3339(s.last_used));
  time_or_null(w, "expires", s.expires);
  w.end_object();
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
  TRY_VOID(read_network(call, body, device.network));
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
  TRY_VOID(read_network(call, body, device.network));
  TRY(const auto updated, call.rooms.devices.update(std::move(device), call.doing()));
  return answer(call, updated);
}

Status revoke_device(Call& call) {
  TRY(const auto device, called(call));
  TRY_VOID(call.rooms.devices.revoke(device.id, call.doing()));
  TRY(const auto after, call.rooms.devices.find(device.id));
  return answer(call, after);
}

// Browser sessions, as an administrator sees them.
Status list_sessions(Call& call) {
  TRY(const auto query, Query::parse(call.request.query, {"user"}));
  std::optional<PrincipalId> user;
  if (const auto called = query.get("user")) {
    TRY(const auto found, call.rooms.principals.find(PrincipalKind::User, *called));
    user = found.id;
  }
  ledger::PageOf<TokenId> page{.before = std::nullopt, .limit = query.page.limit};
  if (query.page.cursor) {
    page.before = sessions::parse_id(*query.page.cursor);
    if (!page.before) return refuse(Refusal::Malformed, "cursor: not one that a listing gave");
  }
  // A page of records may hold sessions that idled out: the next page begins after the last record, not the last shown.
  ledger::TokenFilter filter{.kind = opaque::Kind::Ses, .show = ledger::TokenFilter::Show::Live};
  filter.principal = user;
  TRY(const auto records, call.rooms.ledger.tokens(filter, page, call.now));
  TRY(const auto items, call.rooms.sessions.list(user, page, call.now));
  call.response.field("Content-Type", "application/json");
  call.response.field("Cache-Control", "no-store");
  json::Writer w(call.response.body);
  w.object().key("items").array();
  for (const auto& s : items) render_session(w, s);
  w.end_array().optional("next", records.size() == page.limit ? sessions::id_text(records.back().id) : std::string()).end_object();
  return {};
}

Status revoke_session(Call& call) {
  const auto id = sessions::parse_id(call.id);
  if (!id) return refuse(Refusal::NotFound, "no such session");
  TRY(const auto token, call.rooms.ledger.token(*id));
  if (!token || token->kind != opaque::Kind::Ses) return refuse(Refusal::NotFound, "no such session");
  TRY_VOID(call.rooms.sessions.end(*id, call.doing()));
  call.response.status = 204;
  return {};
}

Status revoke_sessions(Call& call) {
  TRY(const auto body, Body::parse(call.request.body, {"user"}));
  TRY(const auto called, body.needed("user"));
  TRY(const auto user, call.rooms.principals.find(PrincipalKind::User, called));
  TRY(const auto count, call.rooms.sessions.end_all(user.id, std::nullopt, call.doing()));
  call.response.field("Content-Type", "application/json");
  json::Writer(call.response.body).object().member("ended", static_cast<std::int64_t>(count)).end_object();
  return {};
}

}  // namespace jeton::protocols::admin
