#include "protocols/oidc/logout.h"

#include <algorithm>

#include "blocks/http/form.h"
#include "formats/jose/jwt.h"
#include "protocols/oauth/authorization.h"
#include "protocols/pages/pages.h"
#include "protocols/pages/texts.h"
#include "protocols/pages/visit.h"

namespace jeton::protocols::oidc {
namespace {

// What an ID token of ours says, expired or not (§2): whose session, for which client.
struct Hint {
  std::string client, sid, sub;
};
std::optional<Hint> read_hint(Rooms& rooms, std::string_view token) {
  thread_local jose::JwtRoom room;
  const auto parsed = jose::ParsedJwt::parse(token, room);
  if (!parsed) return std::nullopt;
  const auto ring = rooms.signing_keys.ring();
  const auto* key = ring->find(parsed->header().kid);
  if (key == nullptr || parsed->header().typ != "JWT") return std::nullopt;
  const auto verified = parsed->verify(key->verify);
  if (!verified) return std::nullopt;
  const auto& claims = jose::read_claims(*verified);
  const auto all = json::parse(verified->payload());
  if (!claims || !all || claims->iss != rooms.facts.issuer || claims->azp.empty()) return std::nullopt;
  return Hint{std::string(claims->azp), std::string(all->string_at("sid").value_or("")), std::string(claims->sub)};
}

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
  if (said && v.session) l.asked_for = said->sub == v.session->principal.text() && (said->sid.empty() || said->sid == sessions::id_text(v.session->id));
  if (const auto to = form.get("post_logout_redirect_uri"); to && !to->empty()) {
    // [RP-Initiated Logout §3] registered, byte for byte
    if (!l.client) return std::unexpected("post_logout_redirect_uri needs client_id or id_token_hint");
    const auto& registered = l.client->profile.logout_redirects;
    if (std::find(registered.begin(), registered.end(), *to) == registered.end()) return std::unexpected("post_logout_redirect_uri is not one that the client registered");
    l.to = *to;
  }
  return l;
}

void leave(pages::Visit& v, const Leaving& l, const http::Form& form) {
  if (v.session) {
    const auto actor = v.actor();
    if (!v.rooms.sessions.end(v.session->id, {actor, v.now})) return pages::unavailable(v.response);
    v.clear_session();
  }
  if (l.to.empty()) return pages::message_page(v.response, pages::texts::kLogOut, pages::texts::kLoggedOut, "/login", pages::texts::kLogIn);
  auto to = l.to;
  if (const auto state = form.get("state")) to += (to.find('?') == std::string::npos ? "?state=" : "&state=") + http::percent_encode(*state);
  v.redirect(to);
}

void ask(pages::Visit& v, const http::Form& form) {
  v.prepare_forms();
  pages::Html h;
  h.element("p", pages::texts::kLogOutAsk).form("/oauth/logout").hidden("csrf", v.csrf());
  for (const auto name : {"id_token_hint", "client_id", "post_logout_redirect_uri", "state"})
    if (const auto value = form.get(name)) h.hidden(name, *value);
  h.button(pages::texts::kLogOut, pages::Html::Look::Main, "leave", "yes").raw("</form>\n<p>").link("/account", pages::texts::kStay).raw("</p>\n");
  const auto to = form.get("post_logout_redirect_uri").value_or("");
  const auto origin = oauth::origin_of(to);
  pages::write({.title = pages::texts::kLogOutTitle, .body = h.take(), .form_action = origin}, v.response);
}

}  // namespace

void logout(Rooms& rooms, const http::Request& request, http::Response& response, Instant now) {
  if (!pages::page_method(request, response)) return;
  auto v = pages::visit(rooms, request, response, now);
  const auto form = http::Form::parse(v.post() ? request.body : request.query);
  if (!form) return pages::error_page(response, 400, pages::texts::kErrorClient, form.error().detail());
  if (v.store_failed) return pages::unavailable(response);
  const auto l = read(v, *form);
  if (!l) return pages::error_page(response, 400, pages::texts::kErrorClient, l.error());
  // Another site may not log a person out by a link: an ID token of this session says that it is no stranger.
  const bool said_yes = v.post() && form->get("leave") == "yes" && v.from_our_form(*form);
  if (!v.session || l->asked_for || said_yes) return leave(v, *l, *form);
  ask(v, *form);
}

}  // namespace jeton::protocols::oidc
