#include "protocols/admin/body.h"
#include "protocols/admin/render.h"

namespace jeton::protocols::admin {
namespace {

const std::initializer_list<std::string_view> kMembers = {"name", "email", "allow", "deny", "metadata", "version"};

Status read(const Body& body, ledger::Principal& p) {
  TRY(auto name, body.text("name"));
  TRY(auto email, body.text("email"));
  TRY(auto metadata, body.metadata("metadata"));
  TRY_VOID(read_network(body, p.network));
  if (name) p.name = *std::move(name);
  if (email || body.has("email")) p.email = email.value_or("");
  if (metadata) p.metadata = *std::move(metadata);
  return body.same_version(p.version);
}

template <PrincipalKind kKind>
Status list(Call& call) {
  TRY(const auto query, Query::parse(call.request.query, {}));
  auto page = ledger::PageOf<PrincipalId>{.before = std::nullopt, .limit = query.page.limit + 1};
  if (query.page.cursor) {
    page.before = PrincipalId::parse(*query.page.cursor);
    if (!page.before) return refuse(Refusal::Malformed, "cursor: not one that a listing gave");
  }
  TRY(auto items, call.rooms.ledger.principals(kKind, page));
  return answer_page(call, items, query.page.limit);
}

template <PrincipalKind kKind>
Status create(Call& call) {
  TRY(const auto body, Body::parse(call.request.body, kMembers));
  ledger::Principal p;
  TRY(p.name, body.needed("name"));
  TRY_VOID(read(body, p));
  const auto folder = kKind == PrincipalKind::User ? "/v1/users/" : "/v1/service-accounts/";
  TRY_VOID(call.rooms.principals.create(kKind, std::move(p), call.doing(), created<ledger::Principal>(call, folder)));
  return {};
}

template <PrincipalKind kKind>
Status show(Call& call) {
  TRY(const auto p, call.rooms.principals.find(kKind, call.id));
  return answer(call, p);
}

template <PrincipalKind kKind>
Status update(Call& call) {
  TRY(const auto body, Body::parse(call.request.body, kMembers));
  TRY(auto p, call.rooms.principals.find(kKind, call.id));
  TRY_VOID(read(body, p));
  TRY(const auto updated, call.rooms.principals.update(std::move(p), call.doing()));
  return answer(call, updated);
}

template <PrincipalKind kKind>
Status stand(Call& call, ledger::Standing standing) {
  TRY(const auto p, call.rooms.principals.find(kKind, call.id));
  TRY(const auto updated, call.rooms.principals.set_standing(p.id, standing, call.doing()));
  return answer(call, updated);
}

template <PrincipalKind kKind>
Status remove(Call& call) {
  TRY(const auto p, call.rooms.principals.find(kKind, call.id));
  TRY_VOID(call.rooms.principals.remove(p.id, call.doing()));
  call.response.status = 204;
  return {};
}

}  // namespace

Status list_users(Call& call) { return list<PrincipalKind::User>(call); }
Status create_user(Call& call) { return create<PrincipalKind::User>(call); }
Status show_user(Call& call) { return show<PrincipalKind::User>(call); }
Status update_user(Call& call) { return update<PrincipalKind::User>(call); }
Status disable_user(Call& call) { return stand<PrincipalKind::User>(call, ledger::Standing::Disabled); }
Status enable_user(Call& call) { return stand<PrincipalKind::User>(call, ledger::Standing::Active); }
Status delete_user(Call& call) { return remove<PrincipalKind::User>(call); }
Status list_services(Call& call) { return list<PrincipalKind::Service>(call); }
Status create_service(Call& call) { return create<PrincipalKind::Service>(call); }
Status show_service(Call& call) { return show<PrincipalKind::Service>(call); }
Status update_service(Call& call) { return update<PrincipalKind::Service>(call); }
Status disable_service(Call& call) { return stand<PrincipalKind::Service>(call, ledger::Standing::Disabled); }
Status enable_service(Call& call) { return stand<PrincipalKind::Service>(call, ledger::Standing::Active); }
Status delete_service(Call& call) { return remove<PrincipalKind::Service>(call); }

}  // namespace jeton::protocols::admin
