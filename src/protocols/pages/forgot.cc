// A password that was forgotten: one answer, whoever asks for whom.
#include "blocks/http/form.h"
#include "protocols/pages/pages.h"
#include "protocols/pages/texts.h"
#include "protocols/pages/visit.h"

namespace jeton::protocols::pages {
namespace {

void show(Visit& v, std::string_view user, std::string_view wrong, int status = 200) {
  v.prepare_forms();
  Html h;
  if (!wrong.empty()) h.notice(wrong);
  h.form("/login/forgot").hidden("csrf", v.csrf());
  h.field({.label = texts::kUserOrMail, .name = "username", .autocomplete = "username", .value = user});
  h.button(texts::kForgotSend).raw("</form>\n<p>").link("/login", texts::kLogIn).raw("</p>\n");
  write({.title = texts::kForgotTitle, .body = h.take(), .status = status}, v.response);
}

// Whether links get to people at all.
Result<bool> sends(Rooms& rooms) {
  if (rooms.mail.enabled()) return true;
  return rooms.webhooks.any_takes_links();
}

}  // namespace

void forgot(Rooms& rooms, const http::Request& request, http::Response& response, Instant now) {
  if (!page_method(request, response)) return;
  auto v = visit(rooms, request, response, now);
  const auto form = http::Form::parse(v.post() ? request.body : request.query);
  if (!form) return error_page(response, 400, texts::kErrorTitle, form.error().detail());
  const auto possible = sends(rooms);
  if (!possible) return unavailable(response);
  if (!*possible) return message_page(response, texts::kForgotTitle, texts::kForgotNobody, "/login", texts::kLogIn);
  const auto name = form->get("username").value_or("");
  if (!v.post()) return show(v, {}, {});
  if (!v.from_our_form(*form)) return show(v, name, texts::kStale, 403);
  const auto actor = v.actor();
  const auto noted = rooms.people.forgot(name, {actor, now});
  if (!noted && noted.error().is_fault()) return unavailable(response);
  if (!noted) return show(v, name, texts::kSlow, 429);
  message_page(response, texts::kForgotTitle, texts::kForgotSent, "/login", texts::kLogIn);
}

}  // namespace jeton::protocols::pages
