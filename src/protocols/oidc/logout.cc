#include "protocols/oidc/logout.h"

#include <algorithm>
#include <array>

#include "blocks/http/form.h"
#include "protocols/oauth/authorization.h"
#include "protocols/oidc/hint.h"
#include "protocols/pages/pages.h"
#include "protocols/pages/texts.h"
#include "protocols/pages/visit.h"
#include "protocols/sso/logout/logout.h"

namespace jeton::protocols::oidc {
namespace {

constexpr std::array<std::string_view, 4> kParameters = {"id_token_hint", "client_id", "post_logout_redirect_uri", "state"};

struct Leaving {
  std::optional<oauth::Client> client;
  std::string to;            // post_logout_redirect_uri, known to be the client's
  bool asked_for = false;    // by an ID token of this session: nobody is asked again
};

// Nothing where the request is not one to be answered with a redirect.
std::expected<Leaving, std::string_view> read(pages::Visit& v, const http::Form& form) {
  Leaving l;
  const auto hint = form.get("id_token_hint");
  const auto said = hint ? read_hint(v.rooms, *hint) : std::nullopt;
  if (hint && !said) return std::unexpected("id_token_hint is not an ID token of this issuer");
  std::string id(form.get("client_id").value_or(""));
  if (said && !id.empty() && id != said->client) return std::unexpected("client_id is not the one of the ID token");
  if (said) id = said->client;
  if (!id.empty()) {
    auto client = oauth::find_client(v.rooms, id);
    if (client) l.client = *std::move(client);
  }
  if (said && v.session)
    l.asked_for = said->sub == v.session->principal.text() && (said->sid.empty() || said->sid == sessions::id_text(v.session->id));
  if (const auto to = form.get("post_logout_redirect_uri"); to && !to->empty()) {
    // [RP-Initiated Logout §3] registered, byte for byte
    if (!l.client) return std::unexpected("post_logout_redirect_uri needs client_id or id_token_hint");
    const auto& registered = l.client->profile.logout_redirects;
    if (std::find(registered.begin(), registered.end(), *to) == registered.end())
      return std::unexpected("post_logout_redirect_uri is not one that the client registered");
    l.to = *to;
  }
  return l;
}

void leave(pages::Visit& v, const Leaving& l, const http::Form& form) {
  auto to = l.to;
  if (const auto state = form.get("state"); state && !to.empty())
    to += (to.find('?') == std::string::npos ? "?state=" : "&state=") + http::percent_encode(*state);
  std::vector<TokenId> sessions;
  if (v.session) sessions.push_back(v.session->id);
  sso::log_out(v, sessions, {.to = to, .asker = {}, .request_id = {}, .relay_state = {}});
}

void ask(pages::Visit& v, const http::Form& form) {
  v.prepare_forms();
  pages::Html h;
  h.element("p", pages::texts::kLogOutAsk).form("/oauth/logout").hidden("csrf", v.csrf());
  for (const auto name : kParameters)
    if (const auto value = form.get(name)) h.hidden(name, *value);
  h.button(pages::texts::kLogOut, pages::Html::Look::Main, "leave", "yes")
      .raw("</form>\n<p>")
      .link("/account", pages::texts::kStay)
      .raw("</p>\n");
  const auto to = form.get("post_logout_redirect_uri").value_or("");
  auto origin = oauth::origin_of(to);
  if (const auto others = sso::logout_origins(v); !others.empty()) origin.append(origin.empty() ? "" : " ").append(others);
  pages::write({.title = pages::texts::kLogOutTitle, .body = h.take(), .form_action = origin}, v.response);
}

// A form of another site brings no cookie, and so no session to end; the address that it is turned into does.
void ask_again(pages::Visit& v, const http::Form& form) {
  std::string query;
  for (const auto name : kParameters)
    if (const auto value = form.get(name))
      query.append(query.empty() ? "?" : "&").append(name).append("=").append(http::percent_encode(*value));
  v.redirect("/oauth/logout" + query);
}

}  // namespace

void logout(Rooms& rooms, const http::Request& request, http::Response& response, Instant now) {
  if (!pages::page_method(request, response)) return;
  auto v = pages::visit(rooms, request, response, now);
  const auto form = http::Form::parse(v.post() ? request.body : request.query);
  if (!form) return pages::error_page(response, 400, pages::texts::kErrorClient, form.error().detail());
  if (v.store_failed) return pages::unavailable(response);
  // [RP-Initiated Logout §2] by GET and by POST
  if (v.post() && !v.from_our_form(*form)) return ask_again(v, *form);
  const auto l = read(v, *form);
  if (!l) return pages::error_page(response, 400, pages::texts::kErrorClient, l.error());
  // Another site may not log a person out by a link: an ID token of this session says that it is no stranger.
  const bool said_yes = v.post() && form->get("leave") == "yes" && v.from_our_form(*form);
  if (!v.session || l->asked_for || said_yes) return leave(v, *l, *form);
  ask(v, *form);
}

}  // namespace jeton::protocols::oidc
