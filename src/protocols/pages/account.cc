// A person's own page: sessions, applications, tokens and devices, and how to log in.
#include <algorithm>
#include <map>

#include "authority/federation/identity_providers.h"
#include "authority/federation/links.h"
#include "blocks/http/form.h"
#include "protocols/pages/pages.h"
#include "protocols/pages/passkeys.h"
#include "protocols/pages/texts.h"
#include "protocols/pages/visit.h"
#include "protocols/sso/logout/logout.h"
#include "protocols/sso/upstream/upstream.h"

namespace jeton::protocols::pages {
namespace {

using Look = Html::Look;

// One row's button: a form of its own.
void action(Html& h, const Visit& v, std::string_view what, std::string_view id, std::string_view label) {
  h.raw("<form class=\"inline\" method=\"post\" action=\"/account\">").hidden("csrf", v.csrf()).hidden("do", what).hidden("id", id);
  h.button(label, Look::Danger).raw("</form>");
}

Status list_sessions(Html& h, const Visit& v) {
  TRY(const auto all, v.rooms.sessions.list(v.session->principal, {.before = std::nullopt, .limit = 100}, v.now));
  h.element("h2", texts::kSessions).raw("<ul class=\"list\">\n");
  for (const auto& s : all) {
    const bool mine = s.id == v.session->id;
    h.raw("<li>").text(s.agent).text(mine ? texts::kThisSession : "").raw("<br>").text(s.address.text()).raw(" ");
    h.text(texts::kSince).text(time_text(s.created)).raw(", ").text(texts::kLastUsed).text(time_text(s.last_used)).raw("<br>");
    action(h, v, "end-session", sessions::id_text(s.id), mine ? texts::kLogOut : texts::kEnd);
    h.raw("</li>\n");
  }
  h.raw("</ul>\n");
  if (all.size() > 1) action(h, v, "end-others", "", texts::kEndOthers);
  return {};
}

Status list_connections(Html& h, const Visit& v) {
  TRY(const auto grants, v.rooms.grants.of_user(v.session->principal, v.now));
  std::map<ClientId, ledger::Token> newest;
  for (const auto& g : grants) newest.emplace(g.client, g);
  h.element("h2", texts::kConnections);
  if (newest.empty()) h.element("p", texts::kNone);
  h.raw("<ul class=\"list\">\n");
  for (const auto& [client, grant] : newest) {
    h.raw("<li>").text(grant.name).raw("<br>").text(texts::kSince).text(time_text(grant.created)).raw("<br>");
    action(h, v, "disconnect", client.text(), texts::kDisconnect);
    h.raw("</li>\n");
  }
  h.raw("</ul>\n");
  return {};
}

Status list_tokens(Html& h, const Visit& v) {
  const ledger::TokenFilter filter{.principal = v.session->principal, .kind = opaque::Kind::Pat, .show = ledger::TokenFilter::Show::Live};
  TRY(const auto tokens, v.rooms.ledger.tokens(filter, {.before = std::nullopt, .limit = 200}, v.now));
  h.element("h2", texts::kTokens);
  if (tokens.empty()) h.element("p", texts::kNone);
  h.raw("<ul class=\"list\">\n");
  for (const auto& t : tokens) {
    h.raw("<li>").text(t.name.empty() ? t.id.text() : t.name).raw(" <code>…").text({t.hint.data(), 4}).raw("</code><br>");
    h.text(texts::kSince).text(time_text(t.created));
    if (t.last_used) h.raw(", ").text(texts::kLastUsed).text(time_text(*t.last_used));
    h.raw("<br>");
    action(h, v, "revoke-token", t.id.text(), texts::kRevoke);
    h.raw("</li>\n");
  }
  h.raw("</ul>\n");
  return {};
}

Status list_devices(Html& h, const Visit& v) {
  TRY(const auto devices, v.rooms.ledger.devices(v.session->principal, {.before = std::nullopt, .limit = 200}));
  h.element("h2", texts::kDevices).raw("<ul class=\"list\">\n");
  bool none = true;
  for (const auto& d : devices) {
    if (d.revoked) continue;
    none = false;
    h.raw("<li>").text(d.name).raw("<br>").text(texts::kSince).text(time_text(d.created)).raw("<br>");
    action(h, v, "revoke-device", d.id.text(), texts::kRevoke);
    h.raw("</li>\n");
  }
  h.raw("</ul>\n");
  if (none) h.element("p", texts::kNone);
  return {};
}

Status list_other_logins(Html& h, const Visit& v) {
  TRY(const auto others, federation::IdentityProviders(v.rooms.ledger, v.rooms.entropy).offers());
  TRY(const auto links, federation::Links(v.rooms.ledger, v.rooms.entropy).of(v.session->principal, v.now));
  if (others.empty() && links.empty()) return {};
  h.element("h2", texts::kOtherLogins).raw("<ul class=\"list\">\n");
  for (const auto& link : links) {
    const auto at = std::ranges::find(others, link.provider, [](const auto& o) { return o.id; });
    h.raw("<li>").text(at != others.end() ? at->name : link.provider).raw(" <code>").text(link.name).raw("</code><br>");
    h.text(texts::kSince).text(time_text(link.created)).raw("<br>");
    action(h, v, "remove-link", link.id, texts::kRemove);
    h.raw("</li>\n");
  }
  for (const auto& other : others) {
    h.raw("<li>").text(other.name).raw("<br>");
    h.link("/saml/login?idp=" + other.id + "&link=" + sso::link_stamp(v, other.id), texts::kConnect).raw("</li>\n");
  }
  h.raw("</ul>\n");
  return {};
}

void list_passkeys(Html& h, const Visit& v, const people::Ways& ways) {
  const bool possible = passkey_site(v.rooms.facts).has_value();
  if (ways.passkeys.empty() && !possible) return;
  h.element("h2", texts::kPasskeys).raw("<ul class=\"list\">\n");
  for (const auto& c : ways.passkeys) {
    h.raw("<li>").text(c.name).raw("<br>").text(texts::kSince).text(time_text(c.created));
    if (c.last_used) h.raw(", ").text(texts::kLastUsed).text(time_text(*c.last_used));
    h.raw("<br>");
    action(h, v, "remove-passkey", c.id.text(), texts::kRemove);
    h.raw("</li>\n");
  }
  h.raw("</ul>\n");
  if (possible) h.raw("<p>").link("/account/passkeys", texts::kAddPasskey).raw("</p>\n");
}

Status security(Html& h, const Visit& v) {
  TRY(const auto ways, v.rooms.people.ways(v.session->principal));
  h.element("h2", texts::kSecurity).form("/account").hidden("csrf", v.csrf()).hidden("do", "password");
  h.raw("<input type=\"hidden\" autocomplete=\"username\" name=\"username\" value=\"").text(v.session->user).raw("\">\n");
  h.field({.label = texts::kCurrentPassword, .name = "password", .type = "password", .autocomplete = "current-password"});
  h.field({.label = texts::kNewPassword,
           .name = "new_password",
           .type = "password",
           .autocomplete = "new-password",
           .hint = texts::kPasswordHint});
  h.button(texts::kChangePassword, Look::Plain).raw("</form>\n");
  h.element("p", ways.totp ? texts::kTotpOn : texts::kTotpOff);
  if (ways.totp) action(h, v, "remove-totp", "", texts::kRemoveTotp);
  else h.raw("<p>").link("/account/authenticator", texts::kAddTotp).raw("</p>\n");
  list_passkeys(h, v, ways);
  return {};
}

void show(Visit& v, std::string_view done, std::string_view wrong, int status = 200) {
  v.prepare_forms();
  Html h;
  if (!done.empty()) h.done(done);
  if (!wrong.empty()) h.notice(wrong);
  h.raw("<p>").text(texts::kSignedInAs).raw("<strong>").text(v.session->user).raw("</strong>.</p>\n");
  action(h, v, "end-session", sessions::id_text(v.session->id), texts::kLogOut);
  for (const auto part : {list_sessions, list_connections, list_tokens, list_devices, list_other_logins, security})
    if (!part(h, v)) return unavailable(v.response);
  const auto origins = sso::logout_origins(v);
  write({.title = texts::kAccount, .body = h.take(), .form_action = origins, .status = status}, v.response);
}

// What a person may do to what is theirs; anything else is not there.
Status end_session(Visit& v, std::string_view id, const audit::Doing& doing) {
  const auto token = sessions::parse_id(id);
  if (!token) return refuse(Refusal::NotFound);
  TRY(const auto session, v.rooms.sessions.find(*token, v.now));
  if (!session || session->principal != v.session->principal) return refuse(Refusal::NotFound);
  return v.rooms.sessions.end(*token, doing);
}
Status revoke_token(Visit& v, std::string_view id, const audit::Doing& doing) {
  const auto parsed = TokenId::parse(id);
  if (!parsed) return refuse(Refusal::NotFound);
  TRY(const auto token, v.rooms.tokens.find(*parsed));
  if (token.principal != v.session->principal) return refuse(Refusal::NotFound);
  TRY_VOID(v.rooms.tokens.revoke({ledger::TokensOf(*parsed), ledger::EndReason::HolderRevoked, {}, v.now}, doing));
  return {};
}
Status revoke_device(Visit& v, std::string_view id, const audit::Doing& doing) {
  const auto parsed = DeviceId::parse(id);
  if (!parsed) return refuse(Refusal::NotFound);
  TRY(const auto device, v.rooms.devices.find(*parsed));
  if (device.principal != v.session->principal) return refuse(Refusal::NotFound);
  return v.rooms.devices.revoke(*parsed, doing);
}
Status disconnect(Visit& v, std::string_view id, const audit::Doing& doing) {
  const auto client = ClientId::parse(id);
  if (!client) return refuse(Refusal::NotFound);
  return v.rooms.grants.disconnect(v.session->principal, *client, doing);
}
Status end_others(Visit& v, std::string_view, const audit::Doing& doing) {
  TRY_VOID(v.rooms.sessions.end_all(v.session->principal, v.session->id, doing));
  return {};
}

void change_password(Visit& v, const http::Form& form, const audit::Doing& doing) {
  const auto current = Secret::copy_of(as_bytes(form.get("password").value_or("")));
  const auto fresh = Secret::copy_of(as_bytes(form.get("new_password").value_or("")));
  const auto user = v.rooms.people.check_password(v.session->user, current, doing);
  if (!user && user.error().is_fault()) return unavailable(v.response);
  if (!user) v.missed(verify::Tried::Password, v.session->principal);
  if (!user)
    return show(v, {}, user.error().is(Refusal::RateLimited) ? texts::kSlow : texts::kWrong,
                user.error().is(Refusal::RateLimited) ? 429 : 403);
  const auto done = v.rooms.people.change_password(*user, fresh, doing);
  if (!done && done.error().is_fault()) return unavailable(v.response);
  if (!done) return show(v, {}, done.error().detail(), 400);
  if (!v.rooms.sessions.end_all(user->user.id, v.session->id, doing)) return unavailable(v.response);
  // [ASVS 7.2.4] a new id with the new password
  const auto renewal = v.rooms.sessions.log_in(renewed(*v.session, v.session->methods), v.session, doing);
  if (renewal) v.set_session(renewal->cookie);
  show(v, texts::kPasswordChanged, {});
}

// A way to log in is taken away only by who has just logged in.
void remove_way(Visit& v, std::string_view what, std::string_view id, const audit::Doing& doing) {
  const auto may = v.may_change_ways();
  if (!may) return unavailable(v.response);
  if (!*may) return v.redirect("/login?return=/account");
  const auto user = v.rooms.ledger.principal(v.session->principal);
  if (!user || !*user) return unavailable(v.response);
  const auto credential = CredentialId::parse(id);
  const bool passkey = what == "remove-passkey";
  if (passkey && !credential) return error_page(v.response, 404, texts::kErrorTitle);
  const auto done = passkey ? v.rooms.people.remove_passkey(**user, *credential, doing) : v.rooms.people.remove_totp(**user, doing);
  if (!done && done.error().is_fault()) return unavailable(v.response);
  if (!done) return error_page(v.response, 404, texts::kErrorTitle);
  v.redirect("/account");
}

// Not the only way in: whoever has no password would be locked out by it.
Status remove_link(Visit& v, std::string_view id, const audit::Doing& doing) {
  federation::Links links(v.rooms.ledger, v.rooms.entropy);
  TRY(const auto link, links.find(id, v.now));
  if (link.user != v.session->principal) return refuse(Refusal::NotFound);
  TRY(const auto ways, v.rooms.people.ways(v.session->principal));
  if (!ways.password && ways.passkeys.empty()) return refuse(Refusal::Conflict, texts::kOnlyWay);
  return links.remove(id, doing);
}

void act(Visit& v, const http::Form& form) {
  if (!v.from_our_form(form)) return show(v, {}, texts::kStale, 403);
  const auto actor = v.actor();
  const audit::Doing doing{actor, v.now};
  const auto what = form.get("do").value_or("");
  if (what == "password") return change_password(v, form, doing);
  if (what == "remove-totp" || what == "remove-passkey") return remove_way(v, what, form.get("id").value_or(""), doing);
  using Act = Status (*)(Visit&, std::string_view, const audit::Doing&);
  static constexpr std::pair<std::string_view, Act> kActs[] = {{"end-session", end_session},   {"end-others", end_others},
                                                               {"revoke-token", revoke_token}, {"revoke-device", revoke_device},
                                                               {"disconnect", disconnect},     {"remove-link", remove_link}};
  const auto id = form.get("id").value_or("");
  // Oneself, here: everybody who was told of this session hears of its end.
  if (what == "end-session" && id == sessions::id_text(v.session->id)) return sso::log_out(v, {v.session->id}, {});
  for (const auto& [name, function] : kActs) {
    if (name != what) continue;
    const auto done = function(v, id, doing);
    if (!done && done.error().is_fault()) return unavailable(v.response);
    if (!done && done.error().is(Refusal::Conflict) && !done.error().detail().empty()) return show(v, {}, done.error().detail(), 409);
    if (!done) return error_page(v.response, 404, texts::kErrorTitle);
    return v.redirect("/account");
  }
  error_page(v.response, 400, texts::kErrorTitle);
}

}  // namespace

void account(Rooms& rooms, const http::Request& request, http::Response& response, Instant now) {
  if (!page_method(request, response)) return;
  auto v = visit(rooms, request, response, now);
  if (v.store_failed) return unavailable(response);
  if (!v.session) return v.redirect("/login?return=/account");
  if (!v.post()) return show(v, {}, {});
  const auto form = http::Form::parse(request.body);
  if (!form) return error_page(response, 400, texts::kErrorTitle);
  act(v, *form);
}

}  // namespace jeton::protocols::pages
