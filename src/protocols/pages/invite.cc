// A link for one use: its holder chooses the password.
#include "blocks/http/form.h"
#include "protocols/pages/pages.h"
#include "protocols/pages/texts.h"
#include "protocols/pages/visit.h"
#include "protocols/proxy.h"

namespace jeton::protocols::pages {
namespace {

void show(Visit& v, std::string_view token, const ledger::Principal& user, std::string_view wrong, int status = 200) {
  v.prepare_forms();
  Html h;
  if (!wrong.empty()) h.notice(wrong);
  h.raw("<p>").text(texts::kInviteFor).raw("<strong>").text(user.name).raw("</strong></p>\n");
  h.form("/invite").hidden("csrf", v.csrf()).hidden("token", token);
  h.field(
      {.label = texts::kNewPassword, .name = "password", .type = "password", .autocomplete = "new-password", .hint = texts::kPasswordHint});
  h.button(texts::kSetPassword).raw("</form>\n");
  write({.title = texts::kInviteTitle, .body = h.take(), .status = status}, v.response);
}

}  // namespace

void invite(Rooms& rooms, const http::Request& request, http::Response& response, Instant now) {
  if (!page_method(request, response)) return;
  auto v = visit(rooms, request, response, now);
  const auto form = http::Form::parse(v.post() ? request.body : request.query);
  if (!form) return error_page(response, 400, texts::kErrorTitle);
  const auto token = form->get("token").value_or("");
  const auto user = rooms.people.invited(token, now);
  if (!user && user.error().is_fault()) return unavailable(response);
  if (!user) return error_page(response, 404, texts::kInviteGone);
  if (!v.post()) return show(v, token, *user, {});
  if (!v.from_our_form(*form)) return show(v, token, *user, texts::kStale, 403);
  const auto password = Secret::copy_of(as_bytes(form->get("password").value_or("")));
  const auto actor = actor_for(request, v.address, user->id.text());
  const auto done = rooms.people.accept(token, password, {actor, now});
  if (!done && done.error().is_fault()) return unavailable(response);
  if (!done && done.error().is(Refusal::Invalid)) return show(v, token, *user, done.error().detail(), 400);
  if (!done) return error_page(response, 404, texts::kInviteGone);
  message_page(response, texts::kInviteTitle, texts::kInviteDone, "/login", texts::kLogIn);
}

}  // namespace jeton::protocols::pages
