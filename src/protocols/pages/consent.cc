// Whether a person lets an application do what it asks for.
#include <algorithm>

#include "authority/policy/scopes.h"
#include "blocks/http/form.h"
#include "ground/base64url.h"
#include "protocols/oauth/authorization.h"
#include "protocols/pages/pages.h"
#include "protocols/pages/texts.h"
#include "protocols/pages/visit.h"

namespace jeton::protocols::pages {
namespace {

void scope_line(Html& h, std::string_view scope, const ledger::Api& api) {
  h.raw("<li>");
  if (scope == "openid") h.text(texts::kOpenid);
  else if (scope == "profile") h.text(texts::kProfile);
  else if (scope == "email") h.text(texts::kEmail);
  else if (scope == "offline_access") h.text(texts::kOffline);
  else h.raw("<code>").text(scope).raw("</code>").text(texts::kAtApi).text(api.name);
  h.raw("</li>\n");
}

// What a person is asked to agree to. What is left out of a request is filled in by what the client is registered for, and that may change
// while the page is open: the word counts for what was on the page.
std::string shown(const oauth::Authorization& a) {
  std::string what("shown\n");
  for (const auto& part :
       {a.client.record.name, a.api.id.text(), policy::joined(a.scopes), policy::joined(a.disclosed), a.details.text(), a.redirect})
    what.append(part).append("\n");
  return base64url::encode(crypto::sha256(as_bytes(what)));
}

void show(Visit& v, const oauth::Authorization& a, std::string_view query) {
  v.prepare_forms();
  const auto origin = oauth::origin_of(a.redirect);
  Html h;
  h.raw("<p><strong>").text(a.client.record.name).raw("</strong>").text(texts::kWants).raw("</p>\n<ul>\n");
  for (const auto& scope : a.scopes) scope_line(h, scope, a.api);
  for (const auto& scope : a.disclosed)
    if (!std::binary_search(a.scopes.begin(), a.scopes.end(), scope)) scope_line(h, scope, a.api);
  h.raw("</ul>\n").details(a.details.objects());
  h.raw("<p>").text(texts::kSignedInAs).raw("<strong>").text(v.session->user).raw("</strong>. ");
  h.text(texts::kLeads).raw("<code>").text(origin).raw("</code>.</p>\n");
  h.form("/consent").hidden("csrf", v.csrf()).hidden("request", query).hidden("shown", shown(a));
  h.button(texts::kAllow, Html::Look::Main, "decision", "allow")
      .button(texts::kDeny, Html::Look::Plain, "decision", "deny")
      .raw("</form>\n");
  write({.title = texts::kConsentTitle, .body = h.take(), .form_action = origin}, v.response);
}

}  // namespace

void consent(Rooms& rooms, const http::Request& request, http::Response& response, Instant now) {
  if (!page_method(request, response)) return;
  auto v = visit(rooms, request, response, now);
  if (v.store_failed) return unavailable(response);
  const auto form = http::Form::parse(v.post() ? request.body : request.query);
  if (!form) return error_page(response, 400, texts::kErrorClient, form.error().detail());
  const std::string query(v.post() ? form->get("request").value_or("") : request.query);
  if (query.empty()) return v.redirect("/account");
  if (!v.session) return v.redirect("/login?return=" + http::percent_encode("/oauth/authorize?" + query));
  const auto asked = http::Form::parse(query);
  if (!asked) return error_page(response, 400, texts::kErrorClient, asked.error().detail());
  const auto a = oauth::read_authorization(rooms, *asked, now);
  if (!a)
    return a.error().redirect.empty() ? error_page(response, 400, texts::kErrorClient, a.error().error.description)
                                      : oauth::send_back(rooms, a.error(), response);
  if (v.post() && !v.from_our_form(*form)) return error_page(response, 403, texts::kStale);
  if (v.post() && form->get("decision") != "allow") return oauth::send_back(rooms, *a, "access_denied", "the user said no", response);
  // [OIDC Core §3.1.2.3] whichever way the person came here, and however long the page was open
  const auto login = oauth::needs_login(v, *a, *asked);
  if (!login) return unavailable(response);
  if (*login) return v.redirect("/oauth/authorize?" + oauth::without_stamp(*asked));
  if (!v.post() || form->get("shown") != shown(*a)) return show(v, *a, query);
  const auto actor = v.actor();
  if (const auto done = oauth::approve(rooms, *a, *v.session, {actor, now}, response); !done) {
    if (done.error().is_fault()) return unavailable(response);
    error_page(response, 400, texts::kErrorClient, done.error().detail());
  }
}

}  // namespace jeton::protocols::pages
