#include "protocols/pages/passkeys.h"

#include "blocks/json/writer.h"
#include "formats/webauthn/cose.h"
#include "ground/base64url.h"
#include "protocols/oauth/authorization.h"
#include "protocols/pages/pages.h"
#include "protocols/pages/texts.h"

namespace jeton::protocols::pages {
namespace {

// The fields that /passkey.js fills in.
void hidden(Html& h, const Visit& v, std::string_view challenge, std::initializer_list<std::string_view> filled) {
  h.hidden("csrf", v.csrf()).hidden("challenge", challenge);
  for (const auto name : filled) h.hidden(name, "");
}

void form(Html& h, std::string_view action, std::string_view ceremony, std::string_view options) {
  h.raw("<form hidden method=\"post\" action=\"").raw(action).raw("\" data-passkey=\"").raw(ceremony).raw("\" data-options=\"");
  h.text(options).raw("\">\n");
  h.raw("<p class=\"notice\" role=\"alert\" hidden>").text(texts::kPasskeyFailed).raw("</p>\n");
}

// PublicKeyCredentialCreationOptions as JSON (WebAuthn Level 3, §5.1.9).
std::string creation_options(const Visit& v, const PasskeySite& site, std::string_view challenge, const people::Ways& ways) {
  std::string out;
  json::Writer w(out);
  w.object().member("challenge", challenge).key("rp").object().member("id", site.id).member("name", texts::kProduct).end_object();
  w.key("user").object().member("id", people::user_handle(v.session->principal)).member("name", v.session->user);
  w.member("displayName", v.session->user).end_object().key("pubKeyCredParams").array();
  for (const auto& [number, alg] : webauthn::cose_algs()) w.object().member("type", "public-key").key("alg").number(number).end_object();
  w.end_array().key("excludeCredentials").array();
  for (const auto& c : ways.passkeys) w.object().member("type", "public-key").member("id", c.handle).end_object();
  w.end_array().key("authenticatorSelection").object().member("residentKey", "required").flag("requireResidentKey", true);
  w.member("userVerification", "required").end_object().member("attestation", "none").end_object();
  return out;
}

void show(Visit& v, const PasskeySite& site, std::string_view wrong, int status = 200) {
  v.prepare_forms();
  const auto ways = v.rooms.people.ways(v.session->principal);
  if (!ways) return unavailable(v.response);
  const auto challenge = v.challenge();
  Html h;
  if (!wrong.empty()) h.notice(wrong);
  h.element("p", texts::kPasskeySteps).raw("<noscript>").element("p", texts::kPasskeyScript).raw("</noscript>\n");
  form(h, "/account/passkeys", "create", creation_options(v, site, challenge, *ways));
  hidden(h, v, challenge, {"client_data", "object"});
  h.field({.label = texts::kPasskeyName, .name = "name", .value = v.session->agent});
  h.button(texts::kAddPasskey).raw("</form>\n<p>").link("/account", texts::kBack).raw("</p>\n");
  write({.title = texts::kAddPasskey, .body = h.take(), .script = "/passkey.js", .status = status}, v.response);
}

void add(Visit& v, const PasskeySite& site, const http::Form& form) {
  const auto challenge = form.get("challenge").value_or("");
  if (!v.from_our_form(form) || !v.is_challenge(challenge)) return show(v, site, texts::kStale, 403);
  const auto client_data = base64url::decode(form.get("client_data").value_or("")).value_or(Bytes());
  const auto object = base64url::decode(form.get("object").value_or("")).value_or(Bytes());
  const auto user = v.rooms.ledger.principal(v.session->principal);
  if (!user || !*user) return unavailable(v.response);
  const auto actor = v.actor();
  const audit::Doing doing{actor, v.now};
  const auto done =
      v.rooms.people.add_passkey(**user, form.get("name").value_or(""), {client_data, object}, {challenge, site.origin, site.id}, doing);
  if (!done && done.error().is_fault()) return unavailable(v.response);
  if (!done) return show(v, site, texts::kPasskeyRefused, 403);
  // [ASVS 7.2.4] what may log in has changed: a new id
  const auto renewal = v.rooms.sessions.log_in(renewed(*v.session, v.session->methods), v.session, doing);
  if (renewal) v.set_session(renewal->cookie);
  v.redirect("/account");
}

}  // namespace

std::optional<PasskeySite> passkey_site(const Facts& facts) {
  PasskeySite site{oauth::origin_of(facts.issuer), {}};
  const auto host = std::string_view(site.origin).substr(std::min(site.origin.size(), site.origin.find("://") + 3));
  site.id = host.substr(0, host.find(':'));
  const bool local = site.id == "localhost" || site.id.ends_with(".localhost");
  if (host.starts_with('[') || net::Address::parse(site.id) || (!facts.secure() && !local)) return std::nullopt;
  return site;
}

bool passkey_form(Html& h, const Visit& v, std::string_view to) {
  const auto site = passkey_site(v.rooms.facts);
  if (!site) return false;
  const auto challenge = v.challenge();
  std::string options;
  json::Writer w(options);
  w.object().member("challenge", challenge).member("rpId", site->id).member("userVerification", "required").end_object();
  form(h, "/login/passkey", "get", options);
  hidden(h, v, challenge, {"credential", "user_handle", "client_data", "authenticator_data", "signature"});
  h.hidden("return", to).button(texts::kLogInByPasskey, Html::Look::Plain).raw("</form>\n");
  return true;
}

void passkeys(Rooms& rooms, const http::Request& request, http::Response& response, Instant now) {
  if (!page_method(request, response)) return;
  auto v = visit(rooms, request, response, now);
  if (v.store_failed) return unavailable(response);
  const auto may = v.may_change_ways();
  if (!may) return unavailable(response);
  if (!*may) return v.redirect("/login?return=/account/passkeys");
  const auto site = passkey_site(rooms.facts);
  if (!site) return error_page(response, 404, texts::kPasskeySite);
  if (!v.post()) return show(v, *site, {});
  const auto form = http::Form::parse(request.body);
  if (!form) return error_page(response, 400, texts::kErrorTitle);
  add(v, *site, *form);
}

}  // namespace jeton::protocols::pages
