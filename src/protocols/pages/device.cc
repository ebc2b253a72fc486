// The person's side of a device that shows a code (RFC 8628 §3.3).
#include "protocols/oauth/device.h"
#include "blocks/http/form.h"
#include "protocols/pages/pages.h"
#include "protocols/pages/texts.h"
#include "protocols/pages/visit.h"

namespace jeton::protocols::pages {
namespace {

void ask_code(Visit& v, std::string_view code, std::string_view wrong, int status = 200) {
  v.prepare_forms();
  Html h;
  if (!wrong.empty()) h.notice(wrong);
  h.form("/device").hidden("csrf", v.csrf());
  h.field({.label = texts::kDeviceCode, .name = "user_code", .value = code});
  h.button(texts::kContinue).raw("</form>\n");
  write({.title = texts::kDeviceTitle, .body = h.take(), .status = status}, v.response);
}

void ask_word(Visit& v, const oauth::Waiting& device) {
  v.prepare_forms();
  Html h;
  h.raw("<p><strong>").text(device.client.name).raw("</strong>").text(texts::kWants).raw("</p>\n<ul>\n");
  for (const auto& scope : device.scopes)
    h.raw("<li><code>").text(scope).raw("</code>").text(texts::kAtApi).text(device.api.name).raw("</li>\n");
  h.raw("</ul>\n").details(device.details.objects());
  h.raw("<p>").text(texts::kDeviceAsk).raw("<strong>").text(device.user_code).raw("</strong></p>\n");
  h.form("/device").hidden("csrf", v.csrf()).hidden("user_code", device.user_code);
  h.button(texts::kAllow, Html::Look::Main, "decision", "allow")
      .button(texts::kDeny, Html::Look::Plain, "decision", "deny")
      .raw("</form>\n");
  write({.title = texts::kDeviceTitle, .body = h.take()}, v.response);
}

void answer(Visit& v, const http::Form& form) {
  const auto code = form.get("user_code").value_or("");
  if (!v.from_our_form(form)) return ask_code(v, code, texts::kStale, 403);
  // Typed codes are guesses too: so many a network, then a wait.
  auto& guesses = v.rooms.people.guesses();
  if (!guesses.enter("user_code", v.address, v.now)) {
    v.missed(verify::Tried::DeviceCode);
    return ask_code(v, code, texts::kSlow, 429);
  }
  const auto device = oauth::waiting_device(v.rooms, code, v.now);
  if (device || device.error().is_fault()) guesses.passed("user_code", v.address, v.now);
  if (!device && device.error().is_fault()) return unavailable(v.response);
  if (!device) {
    v.missed(verify::Tried::DeviceCode);
    return ask_code(v, code, texts::kDeviceUnknown, 404);
  }
  const auto decision = form.get("decision");
  if (!decision) return ask_word(v, *device);
  const bool yes = *decision == "allow";
  const auto actor = v.actor();
  const auto done = oauth::decide_device(v.rooms, *device, *v.session, yes ? oauth::Word::Yes : oauth::Word::No, {actor, v.now});
  if (!done && done.error().is_fault()) return unavailable(v.response);
  if (!done) return ask_code(v, code, texts::kDeviceUnknown, 409);
  message_page(v.response, texts::kDeviceTitle, yes ? texts::kDeviceDone : texts::kDeviceDenied);
}

}  // namespace

void device(Rooms& rooms, const http::Request& request, http::Response& response, Instant now) {
  if (!page_method(request, response)) return;
  auto v = visit(rooms, request, response, now);
  if (v.store_failed) return unavailable(response);
  const auto form = http::Form::parse(v.post() ? request.body : request.query);
  if (!form) return error_page(response, 400, texts::kErrorTitle);
  const auto code = form->get("user_code").value_or("");
  if (!v.session)
    return v.redirect("/login?return=" +
                      http::percent_encode("/device" + (code.empty() ? std::string() : "?user_code=" + http::percent_encode(code))));
  if (v.post()) return answer(v, *form);
  // A code in the address is filled in, never acted on: the person looks at it first.
  ask_code(v, code, {});
}

}  // namespace jeton::protocols::pages
