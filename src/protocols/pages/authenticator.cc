// Setting up an authenticator application.
#include "authority/people/totp.h"
#include "blocks/http/form.h"
#include "protocols/pages/pages.h"
#include "protocols/pages/texts.h"
#include "protocols/pages/visit.h"

namespace jeton::protocols::pages {
namespace {

void show(Visit& v, const people::TotpSecret& secret, std::string_view wrong, int status = 200) {
  v.prepare_forms();
  Html h;
  if (!wrong.empty()) h.notice(wrong);
  h.element("p", texts::kTotpSteps).raw("<p>").text(texts::kTotpKey).raw("<code>").text(secret.base32).raw("</code></p>\n");
  h.raw("<p>").link(people::totp::uri(texts::kProduct, v.session->user, secret.base32), texts::kTotpOpen).raw("</p>\n");
  h.form("/account/authenticator").hidden("csrf", v.csrf()).hidden("secret", secret.base32);
  h.field({.label = texts::kTotpCode, .name = "code", .autocomplete = "one-time-code", .inputmode = "numeric"});
  h.button(texts::kContinue).raw("</form>\n");
  write({.title = texts::kTotpTitle, .body = h.take(), .status = status}, v.response);
}

std::string with_otp(const std::string& methods) { return methods.find("otp") == std::string::npos ? methods + " otp" : methods; }

void show_recovery(Visit& v, const std::vector<std::string>& codes) {
  Html h;
  h.element("p", texts::kRecovery).raw("<ul>\n");
  for (const auto& code : codes) h.raw("<li><code>").text(code).raw("</code></li>\n");
  h.raw("</ul>\n<p>").link("/account", texts::kBack).raw("</p>\n");
  write({.title = texts::kRecoveryTitle, .body = h.take()}, v.response);
}

}  // namespace

void authenticator(Rooms& rooms, const http::Request& request, http::Response& response, Instant now) {
  if (!page_method(request, response)) return;
  auto v = visit(rooms, request, response, now);
  if (v.store_failed) return unavailable(response);
  const auto may = v.may_change_ways();
  if (!may) return unavailable(response);
  if (!*may) return v.redirect("/login?return=/account/authenticator");
  if (!v.post()) {
    const auto secret = rooms.people.propose_totp();
    if (!secret) return unavailable(response);
    return show(v, *secret, {});
  }
  const auto form = http::Form::parse(request.body);
  if (!form) return error_page(response, 400, texts::kErrorTitle);
  const people::TotpSecret secret{std::string(form->get("secret").value_or(""))};
  if (!v.from_our_form(*form)) return show(v, secret, texts::kStale, 403);
  const auto user = rooms.ledger.principal(v.session->principal);
  if (!user || !*user) return unavailable(response);
  const auto actor = v.actor();
  const auto codes = rooms.people.confirm_totp(**user, secret, form->get("code").value_or(""), {actor, now});
  if (!codes && codes.error().is_fault()) return unavailable(response);
  if (!codes) return show(v, secret, texts::kWrongCode, 403);
  // A session that knows more now has a new id.
  const auto renewal = rooms.sessions.log_in(renewed(*v.session, with_otp(v.session->methods)), v.session, {actor, now});
  if (renewal) v.set_session(renewal->cookie);
  show_recovery(v, *codes);
}

}  // namespace jeton::protocols::pages
