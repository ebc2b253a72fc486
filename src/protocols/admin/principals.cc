#include "ground/secret_pass.h"
#include "protocols/admin/body.h"
#include "protocols/admin/render.h"

namespace jeton::protocols::admin {
namespace {

const std::initializer_list<std::string_view> kMembers = {"name", "email", "allow", "deny", "limits", "metadata", "version"};

Status read(const Call& call, const Body& body, ledger::Principal& p) {
  TRY(auto name, body.text("name"));
  TRY(auto email, body.text("email"));
  TRY(auto metadata, body.metadata("metadata"));
  TRY_VOID(read_network(call, body, p.network));
  TRY_VOID(read_limits(body, p.limits));
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

Status create_service_account(Call& call) {
  TRY(const auto body, Body::parse(call.request.body, kMembers));
  ledger::Principal p;
  TRY(p.name, body.needed("name"));
  TRY_VOID(read(call, body, p));
  TRY_VOID(call.rooms.principals.create(PrincipalKind::Service, std::move(p), call.doing(),
                                        created<ledger::Principal>(call, "/v1/service-accounts/")));
  return {};
}

// With a password where the body has one: user and password are made in one stroke, or not at all.
Status create_person(Call& call) {
  TRY(const auto body, Body::parse(call.request.body, {"name", "email", "allow", "deny", "limits", "metadata", "version", "password"}));
  ledger::Principal p;
  TRY(p.name, body.needed("name"));
  TRY_VOID(read(call, body, p));
  TRY(const auto password, body.text("password"));
  const auto with = [&](const ledger::Principal& made) -> Result<std::vector<ledger::Change>> {
    TRY(auto changes, created(call, "/v1/users/" + made.id.text(), [&](json::Writer& w) { render(w, made); }));
    if (!password) return changes;
    TRY(auto more, call.rooms.people.password_changes(made, Secret::copy_of(as_bytes(*password)), call.now));
    for (auto& change : more) changes.push_back(std::move(change));
    return changes;
  };
  TRY_VOID(call.rooms.principals.create(PrincipalKind::User, std::move(p), call.doing(), with));
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
  TRY_VOID(read(call, body, p));
  TRY(const auto updated, call.rooms.principals.update(std::move(p), call.doing()));
  return answer(call, updated);
}

// Also ends the user's sessions: whoever knew the old password is out.
Status new_password(Call& call, const ledger::Principal& user, const std::string& password) {
  TRY_VOID(call.rooms.people.set_password(user, Secret::copy_of(as_bytes(password)), call.doing()));
  TRY_VOID(call.rooms.sessions.end_all(user.id, std::nullopt, call.doing()));
  return {};
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
Status create_user(Call& call) { return create_person(call); }
Status show_user(Call& call) { return show<PrincipalKind::User>(call); }
Status update_user(Call& call) {
  TRY(const auto body, Body::parse(call.request.body, {"name", "email", "allow", "deny", "limits", "metadata", "version", "password"}));
  TRY(const auto password, body.text("password"));
  TRY(auto p, call.rooms.principals.find(PrincipalKind::User, call.id));
  TRY_VOID(read(call, body, p));
  TRY(const auto updated, call.rooms.principals.update(std::move(p), call.doing()));
  if (password) TRY_VOID(new_password(call, updated, *password));
  return answer(call, updated);
}
Status disable_user(Call& call) { return stand<PrincipalKind::User>(call, ledger::Standing::Disabled); }
Status enable_user(Call& call) { return stand<PrincipalKind::User>(call, ledger::Standing::Active); }
Status delete_user(Call& call) { return remove<PrincipalKind::User>(call); }
Status list_services(Call& call) { return list<PrincipalKind::Service>(call); }
Status create_service(Call& call) { return create_service_account(call); }
Status show_service(Call& call) { return show<PrincipalKind::Service>(call); }
Status update_service(Call& call) { return update<PrincipalKind::Service>(call); }
Status disable_service(Call& call) { return stand<PrincipalKind::Service>(call, ledger::Standing::Disabled); }
Status enable_service(Call& call) { return stand<PrincipalKind::Service>(call, ledger::Standing::Active); }
Status delete_service(Call& call) { return remove<PrincipalKind::Service>(call); }

Status set_user_password(Call& call) {
  TRY(const auto body, Body::parse(call.request.body, {"password"}));
  TRY(const auto password, body.needed("password"));
  TRY(const auto user, call.rooms.principals.find(PrincipalKind::User, call.id));
  TRY_VOID(new_password(call, user, password));
  call.response.status = 204;
  return {};
}

Status invite_user(Call& call) {
  TRY(const auto body, Body::parse(call.request.body, {"expires_in", "mail"}));
  TRY(const auto lifetime, body.duration("expires_in"));
  const auto lives = lifetime.value_or(Seconds(3 * 86400));
  if (lives < Seconds(60) || lives > Seconds(30 * 86400)) return refuse(Refusal::Invalid, "expires_in: from 60s to 30d");
  TRY(const auto user, call.rooms.principals.find(PrincipalKind::User, call.id));
  TRY(const auto mail, body.flag("mail"));
  if (mail.value_or(false) && !call.rooms.mail.enabled()) return refuse(Refusal::Invalid, "mail: no mail server is configured (smtp.url)");
  if (mail.value_or(false)) TRY_VOID(notify::good_mailbox(user.email));
  TRY(const auto link, call.rooms.people.invite(user, lives, call.doing()));
  auto url = call.rooms.facts.issuer + "/invite?token=" + std::string(as_text(link.read(Pass::key())));
  const bool by_mail = mail.value_or(call.rooms.mail.enabled() && !user.email.empty());
  if (by_mail) {
    // Only whom it is for gets to see it.
    TRY(auto letter, call.rooms.mail.letter(notify::Mail::invitation(user, url, call.now + lives), call.now));
    TRY_VOID(call.rooms.ledger.commit({std::move(letter)}));
  }
  call.response.status = 201;
  call.response.field("Content-Type", "application/json");
  call.response.field("Cache-Control", "no-store");
  json::Writer w(call.response.body);
  w.object()
      .optional("url", by_mail ? std::string_view() : std::string_view(url))
      .optional("mailed", by_mail ? std::string_view(user.email) : std::string_view());
  w.member("user", user.id.text()).member("expires", to_rfc3339(call.now + lives)).end_object();
  wipe({reinterpret_cast<std::uint8_t*>(url.data()), url.size()});
  return {};
}

}  // namespace jeton::protocols::admin
