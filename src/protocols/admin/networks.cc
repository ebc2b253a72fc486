// Named networks: sets of prefixes that rules call by "@name".
#include "authority/networks/networks.h"

#include "protocols/admin/body.h"
#include "protocols/admin/render.h"

namespace jeton::protocols::admin {
namespace {

// A set may hold more than a body's lists do elsewhere.
constexpr json::Limits kLargeBody{.size = 8 << 20, .depth = 4, .members = 8};

void render_open(json::Writer& w, const networks::Network& n) {
  w.object().member("name", n.name).key("prefixes").array();
  for (const auto& p : n.prefixes) w.string(p.text());
  w.end_array().member("created", to_rfc3339(n.created)).member("updated", to_rfc3339(n.updated));
  w.member("version", static_cast<std::int64_t>(n.version));
}

Status answer_network(Call& call, const networks::Network& n, const std::vector<std::string>* users = nullptr) {
  call.response.field("Content-Type", "application/json");
  call.response.field("Cache-Control", "no-store");
  json::Writer w(call.response.body);
  render_open(w, n);
  if (users != nullptr) w.strings("users", *users);
  w.end_object();
  return {};
}

Result<Body> body_of(Call& call) {
  TRY(const auto value, json::parse(call.request.body, kLargeBody));
  return Body::of(value, {"name", "prefixes", "version"});
}

Status read_prefixes(const Body& body, std::vector<net::Prefix>& to) {
  const auto* list = body.find("prefixes");
  if (list == nullptr) return {};
  const auto bad = [] { return refuse(Refusal::Invalid, "prefixes: a list of CIDR prefixes without host bits"); };
  if (list->array() == nullptr) return bad();
  to.clear();
  for (const auto& element : *list->array()) {
    const auto text = element.string();
    const auto prefix = text ? net::Prefix::parse(*text) : std::nullopt;
    if (!prefix) return bad();
    to.push_back(*prefix);
  }
  return {};
}

}  // namespace

Status list_networks(Call& call) {
  TRY_VOID(Query::parse(call.request.query, {}));
  TRY(const auto all, call.rooms.networks.list());
  call.response.field("Content-Type", "application/json");
  call.response.field("Cache-Control", "no-store");
  json::Writer w(call.response.body);
  w.object().key("items").array();
  for (const auto& n : all) {
    render_open(w, n);
    w.end_object();
  }
  w.end_array().key("next").null().end_object();
  return {};
}

Status create_network(Call& call) {
  TRY(const auto body, body_of(call));
  networks::Network n;
  TRY(n.name, body.needed("name"));
  TRY_VOID(read_prefixes(body, n.prefixes));
  TRY(const auto made, call.rooms.networks.create(std::move(n), call.doing()));
  call.response.status = 201;
  call.response.field("Location", "/v1/networks/" + made.name);
  return answer_network(call, made);
}

Status show_network(Call& call) {
  TRY(const auto n, call.rooms.networks.find(call.id));
  TRY(const auto users, call.rooms.networks.users(n.name, call.now));
  return answer_network(call, n, &users);
}

Status update_network(Call& call) {
  TRY(const auto body, body_of(call));
  TRY(auto n, call.rooms.networks.find(call.id));
  TRY_VOID(body.same_version(n.version));
  TRY_VOID(read_prefixes(body, n.prefixes));
  TRY(const auto changed, call.rooms.networks.update(std::move(n), call.doing()));
  return answer_network(call, changed);
}

Status delete_network(Call& call) {
  TRY_VOID(call.rooms.networks.remove(call.id, call.doing()));
  call.response.status = 204;
  return {};
}

}  // namespace jeton::protocols::admin
