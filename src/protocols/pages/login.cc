// Logging in: the password, then a code where the person set that up.
#include "authority/federation/identity_providers.h"
#include "blocks/http/form.h"
#include "blocks/json/value.h"
#include "blocks/json/writer.h"
#include "ground/base64url.h"
#include "protocols/oauth/authorization.h"
#include "protocols/pages/pages.h"
#include "protocols/pages/passkeys.h"
#include "protocols/pages/texts.h"
#include "protocols/pages/visit.h"

namespace jeton::protocols::pages {
namespace {

constexpr Seconds kStepLives{300};

std::string_view query_of(std::string_view address) {
  const auto mark = address.find('?');
  return mark == std::string_view::npos ? std::string_view() : address.substr(mark + 1);
}

// What waits behind the login: who asks, whom for, and where forms may lead.
struct Behind {
  std::string client, hint, origin;
  bool two_factors = false;
};
Behind behind(Visit& v, std::string_view to) {
  Behind b;
  if (!to.starts_with("/oauth/authorize?")) return b;
  const auto form = http::Form::parse(query_of(to));
  if (!form) return b;
  const auto a = oauth::read_authorization(v.rooms, *form, v.now);
  if (!a) return b;
  b.client = a->client.record.name;
  b.hint = a->login_hint;
  b.origin = oauth::origin_of(a->redirect);
  b.two_factors = a->two_factors;
  return b;
}

// Whoever else logs people in here.
Status offer_others(Html& h, Visit& v, std::string_view to) {
  TRY(const auto others, federation::IdentityProviders(v.rooms.ledger, v.rooms.entropy).offers());
  if (others.empty()) return {};
  h.raw("<ul class=\"list\">\n");
  for (const auto& other : others)
    h.raw("<li>")
        .link("/saml/login?idp=" + other.id + "&return=" + http::percent_encode(to), std::string(texts::kLogInBy) + other.name)
        .raw("</li>\n");
  h.raw("</ul>\n");
  return {};
}

// Whether it is by a passkey alone that the person who is here can do what is asked for: the password, once more, would lead back here.
Result<bool> passkey_alone(const Visit& v, const Behind& b) {
  if (!b.two_factors || !v.session || v.session->acr() == "2" || !passkey_site(v.rooms.facts)) return false;
  TRY(const auto ways, v.rooms.people.ways(v.session->principal));
  return !ways.totp && !ways.passkeys.empty();
}

// The second step of who has it as a passkey; or back, without.
void ask_passkey(Visit& v, const Behind& b, std::string_view to, std::string_view wrong, int status) {
  Html h;
  if (!wrong.empty()) h.notice(wrong);
  h.raw("<p><strong>").text(b.client).raw("</strong>").text(texts::kWantsPasskey).raw("</p>\n");
  h.raw("<p>").text(texts::kSignedInAs).raw("<strong>").text(v.session->user).raw("</strong>.</p>\n");
  h.raw("<noscript>").element("p", texts::kPasskeyScript).raw("</noscript>\n");
  passkey_form(h, v, to);
  h.form("/consent").hidden("csrf", v.csrf()).hidden("request", query_of(to)).button(texts::kDeny, Html::Look::Plain, "decision", "deny");
  h.raw("</form>\n");
  write({.title = texts::kCodeTitle, .body = h.take(), .form_action = b.origin, .script = "/passkey.js", .status = status}, v.response);
}

void show(Visit& v, std::string_view to, std::string_view user, std::string_view wrong, int status = 200) {
  v.prepare_forms();
  const auto b = behind(v, to);
  const auto by_passkey = passkey_alone(v, b);
  if (!by_passkey) return unavailable(v.response);
  if (*by_passkey) return ask_passkey(v, b, to, wrong, status);
  Html h;
  if (!b.client.empty()) h.raw("<p>").text(texts::kLogInFor).raw("<strong>").text(b.client).raw("</strong></p>\n");
  if (!wrong.empty()) h.notice(wrong);
  h.form("/login").hidden("csrf", v.csrf()).hidden("return", to);
  h.field({.label = texts::kUser, .name = "username", .autocomplete = "username", .value = user.empty() ? std::string_view(b.hint) : user});
  h.field({.label = texts::kPassword, .name = "password", .type = "password", .autocomplete = "current-password"});
  h.button(texts::kLogIn).raw("</form>\n");
  h.raw("<p>").link("/login/forgot", texts::kForgot).raw("</p>\n");
  if (!offer_others(h, v, to)) return unavailable(v.response);
  const bool passkeys = passkey_form(h, v, to);
  write({.title = texts::kLogIn, .body = h.take(), .form_action = b.origin, .script = passkeys ? "/passkey.js" : "", .status = status},
        v.response);
}

void show_code(Visit& v, std::string_view step, std::string_view to, std::string_view wrong, int status = 200) {
  v.prepare_forms();
  const auto b = behind(v, to);
  Html h;
  if (!wrong.empty()) h.notice(wrong);
  h.form("/login/code").hidden("csrf", v.csrf()).hidden("step", step);
  h.field({.label = texts::kCode, .name = "code", .autocomplete = "one-time-code"});
  h.button(texts::kContinue).raw("</form>\n");
  write({.title = texts::kCodeTitle, .body = h.take(), .form_action = b.origin, .status = status}, v.response);
}

crypto::Sha256Digest step_id(std::string_view step) { return crypto::sha256(as_bytes("login step " + std::string(step))); }

// What waits for the second factor, as its ticket keeps it.
std::string to_text(const Proved& who) {
  std::string out;
  json::Writer w(out);
  w.object().member("methods", who.methods).member("to", who.to).member("partner", who.partner);
  if (who.authenticated) w.member("at", who.authenticated->millis());
  if (who.password) w.member("password", who.password->since.millis());
  if (who.until) w.member("until", who.until->millis());
  w.end_object();
  return out;
}
Proved proved_of(const ledger::Ticket& ticket) {
  Proved who{ticket.principal, "pwd", "/account"};
  const auto value = json::parse(ticket.data);
  if (!value) return who;
  who.methods = value->string_at("methods").value_or("pwd");
  who.to = value->string_at("to").value_or("/account");
  who.partner = value->string_at("partner").value_or("");
  const auto time = [&](std::string_view name) {
    const auto* at = value->find(name);
    return at != nullptr && at->integer() ? std::optional(Instant::from_millis(*at->integer())) : std::nullopt;
  };
  who.authenticated = time("at");
  if (const auto since = time("password")) who.password = people::Shown{*since};
  who.until = time("until");
  return who;
}

// The first proof was good; who gave it waits for the second factor.
Result<std::string> second_step(Visit& v, const Proved& who) {
  std::array<std::uint8_t, 32> octets;
  TRY_VOID(v.rooms.entropy.fill(octets));
  auto step = base64url::encode(octets);
  ledger::Ticket t;
  t.id = step_id(step);
  t.kind = ledger::TicketKind::Challenge;
  t.principal = who.user;
  t.data = to_text(who);
  t.created = v.now;
  t.expires = v.now + kStepLives;
  TRY_VOID(v.rooms.ledger.commit({ledger::Insert<ledger::Ticket>{std::move(t)}}));
  return step;
}

void go_on(Visit& v, const Proved& who, const people::Ways& ways) {
  if (!ways.totp) return v.enter(who);
  const auto step = second_step(v, who);
  if (!step) return unavailable(v.response);
  show_code(v, *step, who.to, {});
}

void check(Visit& v, const http::Form& form) {
  const auto to = safe_return(form.get("return").value_or(""));
  const auto name = form.get("username").value_or("");
  if (!v.from_our_form(form)) return show(v, to, name, texts::kStale, 403);
  const auto password = Secret::copy_of(as_bytes(form.get("password").value_or("")));
  const auto actor = v.actor();
  const auto user = v.rooms.people.check_password(name, password, {actor, v.now});
  if (!user) {
    if (user.error().is(Refusal::Denied)) v.missed(verify::Tried::Password, v.rooms.people.account(name));
    // Who was made to wait learns nothing from how long it took: the name was not looked at.
    if (user.error().is(Refusal::RateLimited)) v.missed(verify::Tried::Password);
    if (user.error().is(Refusal::RateLimited)) return show(v, to, name, texts::kSlow, 429);
    if (user.error().is(Refusal::Denied)) return show(v, to, name, texts::kWrong, 403);
    return unavailable(v.response);
  }
  go_on(v, {.user = user->user.id, .methods = "pwd", .to = to, .password = user->shown}, user->ways);
}

void check_step(Visit& v, const http::Form& form) {
  const auto step = form.get("step").value_or("");
  const auto ticket = v.rooms.ledger.ticket(step_id(step));
  if (!ticket) return unavailable(v.response);
  const auto& t = *ticket;
  if (!t || t->kind != ledger::TicketKind::Challenge || t->used || t->expires <= v.now) return show(v, "/account", {}, texts::kStale, 403);
  auto who = proved_of(*t);
  if (!v.from_our_form(form)) return show_code(v, step, who.to, texts::kStale, 403);
  const auto user = v.rooms.ledger.principal(t->principal);
  if (!user) return unavailable(v.response);
  if (!*user || (*user)->standing != ledger::Standing::Active) return show(v, "/account", {}, texts::kWrong, 403);
  const auto actor = v.actor();
  const auto factor = v.rooms.people.check_code(**user, form.get("code").value_or(""), {actor, v.now});
  if (!factor) {
    if (!factor.error().is_fault()) v.missed(verify::Tried::Password, t->principal);
    if (factor.error().is(Refusal::RateLimited)) return show_code(v, step, who.to, texts::kSlow, 429);
    if (factor.error().is(Refusal::Denied)) return show_code(v, step, who.to, texts::kWrongCode, 403);
    return unavailable(v.response);
  }
  const auto used = v.rooms.ledger.commit({ledger::Consume{t->id, ledger::TicketKind::Challenge, v.now, {}}});
  if (!used && used.error().is_fault()) return unavailable(v.response);
  if (!used) return show(v, "/account", {}, texts::kStale, 403);
  who.methods += *factor == people::People::Factor::Totp ? " otp" : " rc";
  // It is now that the person proved it.
  who.authenticated.reset();
  v.enter(who);
}

// The username-less way: the authenticator's answer stands in the form.
void check_passkey(Visit& v, const http::Form& form) {
  const auto to = safe_return(form.get("return").value_or(""));
  const auto site = passkey_site(v.rooms.facts);
  const auto challenge = form.get("challenge").value_or("");
  if (!site || !v.from_our_form(form) || !v.is_challenge(challenge)) return show(v, to, {}, texts::kStale, 403);
  const auto octets = [&](std::string_view name) { return base64url::decode(form.get(name).value_or("")).value_or(Bytes()); };
  const auto client_data = octets("client_data"), data = octets("authenticator_data"), signature = octets("signature");
  const people::PasskeyLogin shown{
      form.get("credential").value_or(""), form.get("user_handle").value_or(""), {client_data, data, signature}};
  const auto actor = v.actor();
  const auto user = v.rooms.people.check_passkey(shown, {challenge, site->origin, site->id}, {actor, v.now});
  if (user) return v.enter({user->id, "pop user", to});
  if (user.error().is(Refusal::RateLimited)) return show(v, to, {}, texts::kSlow, 429);
  if (user.error().is(Refusal::Denied)) return show(v, to, {}, texts::kWrongPasskey, 403);
  unavailable(v.response);
}

}  // namespace

void proved(Visit& v, const Proved& who) {
  const auto ways = v.rooms.people.ways(who.user);
  if (!ways) return unavailable(v.response);
  go_on(v, who, *ways);
}

void login_passkey(Rooms& rooms, const http::Request& request, http::Response& response, Instant now) {
  if (!page_method(request, response)) return;
  auto v = visit(rooms, request, response, now);
  if (!v.post()) return v.redirect("/login");
  const auto form = http::Form::parse(request.body);
  if (!form) return error_page(response, 400, texts::kErrorClient, form.error().detail());
  check_passkey(v, *form);
}

void login(Rooms& rooms, const http::Request& request, http::Response& response, Instant now) {
  if (!page_method(request, response)) return;
  auto v = visit(rooms, request, response, now);
  const auto form = http::Form::parse(v.post() ? request.body : request.query);
  if (!form) return error_page(response, 400, texts::kErrorClient, form.error().detail());
  if (v.post()) return check(v, *form);
  show(v, safe_return(form->get("return").value_or("")), {}, {});
}

void login_code(Rooms& rooms, const http::Request& request, http::Response& response, Instant now) {
  if (!page_method(request, response)) return;
  auto v = visit(rooms, request, response, now);
  if (!v.post()) return v.redirect("/login");
  const auto form = http::Form::parse(request.body);
  if (!form) return error_page(response, 400, texts::kErrorClient, form.error().detail());
  check_step(v, *form);
}

}  // namespace jeton::protocols::pages
