// The way to the identity provider.
#include "authority/federation/service_providers.h"
#include "blocks/json/value.h"
#include "blocks/json/writer.h"
#include "formats/saml/binding.h"
#include "formats/saml/names.h"
#include "formats/saml/request.h"
#include "formats/saml/signing.h"
#include "ground/base64url.h"
#include "protocols/pages/pages.h"
#include "protocols/pages/texts.h"
#include "protocols/sso/issuer.h"
#include "protocols/sso/upstream/upstream.h"

namespace jeton::protocols::sso {
namespace {

// Each start leaves a row behind until it is answered or forgotten: of one network so many at once, then two more a second. An office at nine
// in the morning, and no flood.
constexpr people::Throttle::Pace kStarts{200, 2};

void refused(pages::Visit& v, const Failure& failure) {
  if (failure.is_fault()) return pages::unavailable(v.response);
  pages::error_page(v.response, failure.is(Refusal::NotFound) ? 404 : 403, pages::texts::kErrorTitle, failure.detail());
}

saml::AuthnRequest request_of(const pages::Visit& v, const Asked& asked, std::string_view destination) {
  saml::AuthnRequest r;
  r.id = asked.request_id;
  r.issuer = entity(v.rooms);
  r.destination = destination;
  r.issued = v.now;
  r.acs_url = acs_address(v.rooms);
  r.binding = saml::kHttpPost;
  r.allow_create = true;
  // Who is logged in and comes here wants to prove it anew.
  r.force = v.session.has_value() && asked.link.empty();
  return r;
}

Status keep(pages::Visit& v, std::string_view relay, const Asked& asked) {
  ledger::Ticket t;
  t.id = ticket_row("saml request", relay);
  t.kind = ledger::TicketKind::Challenge;
  t.data = to_text(asked);
  t.created = v.now;
  t.expires = v.now + kJourney;
  TRY_VOID(v.rooms.ledger.commit({ledger::Insert<ledger::Ticket>{std::move(t)}}));
  return {};
}

Status send(pages::Visit& v, const federation::IdentityProvider& idp, Asked asked) {
  TRY(asked.request_id, saml::new_id(v.rooms.entropy));
  TRY(const auto relay, ticket_text(v.rooms.entropy));
  TRY_VOID(keep(v, relay, asked));
  TRY(const auto key, signing_key(v.rooms, federation::kRsa, v.now));
  if (const auto* there = saml::endpoint_of(idp.role().single_sign_on, saml::kHttpRedirect)) {
    TRY(const auto message, saml::write_authn_request(request_of(v, asked, there->location), nullptr));
    TRY(const auto url, saml::redirect_url(there->location, saml::Carried::Request, message, relay, &key));
    v.redirect(url);
    return {};
  }
  const auto* there = saml::endpoint_of(idp.role().single_sign_on, saml::kHttpPost);
  TRY(const auto message, saml::write_authn_request(request_of(v, asked, there->location), &key));
  pages::form_post(there->location, {{"SAMLRequest", saml::post_value(message)}, {"RelayState", relay}}, v.response);
  return {};
}

}  // namespace

Result<std::string> ticket_text(Entropy& entropy) {
  std::array<std::uint8_t, 16> octets;
  TRY_VOID(entropy.fill(octets));
  return base64url::encode(octets);
}

crypto::Sha256Digest ticket_row(std::string_view use, std::string_view text) {
  return crypto::sha256(as_bytes(std::string(use) + "\n" + std::string(text)));
}

std::string browser_of(const pages::Visit& v) {
  return v.form_cookie.empty() ? std::string() : to_hex(crypto::sha256(as_bytes("saml browser\n" + v.form_cookie)));
}

std::string link_stamp(const pages::Visit& v, std::string_view provider) {
  const std::string text = "saml link\n" + std::string(provider) + "\n" + v.csrf();
  return base64url::encode(v.rooms.peppers.snapshot()->hash(0, text));
}

std::string to_text(const Asked& a) {
  std::string out;
  json::Writer(out)
      .object()
      .member("provider", a.provider)
      .member("request", a.request_id)
      .member("to", a.to)
      .member("browser", a.browser)
      .member("link", a.link)
      .end_object();
  return out;
}

std::optional<Asked> asked_of(std::string_view text) {
  const auto value = json::parse(text);
  if (!value) return std::nullopt;
  const auto get = [&](std::string_view name) { return std::string(value->string_at(name).value_or("")); };
  return Asked{get("provider"), get("request"), get("to"), get("browser"), get("link")};
}

void begin_login(Rooms& rooms, const http::Request& request, http::Response& response, Instant now) {
  if (!pages::page_method(request, response)) return;
  auto v = pages::visit(rooms, request, response, now);
  if (v.store_failed) return pages::unavailable(response);
  const auto form = http::Form::parse(request.query);
  if (v.post() || !form) return pages::error_page(response, 400, pages::texts::kErrorTitle);
  const auto idp = federation::IdentityProviders(rooms.ledger, rooms.entropy).find(form->get("idp").value_or(""));
  if (!idp) return refused(v, idp.error());
  if (!rooms.saml_starts.take("saml", v.address, kStarts, now)) {
    pages::error_page(response, 429, pages::texts::kSlow);
    return response.field("Retry-After", "1");
  }
  v.prepare_forms();
  Asked asked{idp->id(), {}, pages::safe_return(form->get("return").value_or("")), browser_of(v), {}};
  if (const auto link = form->get("link")) {
    if (!v.session || !equal_constant_time(as_bytes(link_stamp(v, idp->id())), as_bytes(*link)))
      return refused(v, Failure(Refusal::Denied, "not the address that the account page leads to"));
    // A way to log in is added only by who has just logged in.
    const auto may = v.may_change_ways();
    if (!may) return pages::unavailable(response);
    if (!*may) return v.redirect("/login?return=/account");
    asked.link = v.session->principal.text();
    asked.to = "/account";
  }
  if (asked.browser.empty()) return pages::unavailable(response);
  if (const auto sent = send(v, *idp, std::move(asked)); !sent) refused(v, sent.error());
}

}  // namespace jeton::protocols::sso
