// The way back: what the identity provider says, held against what was asked, and the person behind it.
#include "authority/federation/arrivals.h"
#include "authority/federation/partners.h"
#include "blocks/json/value.h"
#include "blocks/json/writer.h"
#include "blocks/xml/base64.h"
#include "formats/saml/binding.h"
#include "protocols/pages/pages.h"
#include "protocols/pages/texts.h"
#include "protocols/sso/issuer.h"
#include "protocols/sso/upstream/upstream.h"

namespace jeton::protocols::sso {
namespace {

constexpr std::size_t kMostResponse = 700 << 10;   // in base64
constexpr std::string_view kTwoFactors = "https://refeds.org/profile/mfa";

void refused(pages::Visit& v, const Failure& failure) {
  if (failure.is_fault()) return pages::unavailable(v.response);
  pages::error_page(v.response, 403, pages::texts::kErrorTitle, failure.detail());
}

constexpr auto denied(std::string_view what) { return refuse(Refusal::Denied, what); }

// What the browser takes from the POST to the GET that brings its cookies: the login as it was believed. Nothing of it goes through the browser.
struct Believed {
  Asked asked;
  bool unsolicited = false;
  federation::Arrival arrival;
  federation::Partner partner;
  Instant authenticated;
  std::string methods;
  std::optional<Instant> until;  // the session there ends then, and so does the one here
};

std::string to_text(const Believed& b) {
  std::string out;
  json::Writer w(out);
  w.object().member("asked", to_text(b.asked)).flag("unsolicited", b.unsolicited).member("arrival", federation::to_text(b.arrival));
  w.member("partner", federation::to_text({b.partner})).member("authenticated", b.authenticated.millis()).member("methods", b.methods);
  if (b.until) w.member("until", b.until->millis());
  w.end_object();
  return out;
}

std::optional<Believed> believed_of(std::string_view text) {
  const auto value = json::parse(text);
  if (!value) return std::nullopt;
  const auto get = [&](std::string_view name) { return value->string_at(name).value_or(""); };
  const auto asked = asked_of(get("asked"));
  const auto arrival = json::parse(get("arrival"));
  const auto partners = federation::partners_of(get("partner"));
  const auto* unsolicited = value->find("unsolicited");
  const auto* at = value->find("authenticated");
  if (!asked || !arrival || partners.empty() || unsolicited == nullptr || at == nullptr) return std::nullopt;
  const auto* until = value->find("until");
  return Believed{*asked,
                  unsolicited->boolean().value_or(true),
                  federation::arrival_of_text(*arrival),
                  partners[0],
                  Instant::from_millis(at->integer().value_or(0)),
                  std::string(get("methods")),
                  until != nullptr ? std::optional(Instant::from_millis(until->integer().value_or(0))) : std::nullopt};
}

// The request that RelayState names; nothing where it names none.
Result<std::optional<Asked>> asked_by(Rooms& rooms, std::string_view relay, Instant now) {
  if (relay.empty() || relay.size() > saml::kMostRelayState) return std::nullopt;
  TRY(const auto ticket, rooms.ledger.ticket(ticket_row("saml request", relay)));
  if (!ticket || ticket->kind != ledger::TicketKind::Challenge) return std::nullopt;
  if (ticket->used) return denied("this login was answered before");
  if (ticket->expires <= now) return refuse(Refusal::Expired, "the login took too long: begin again");
  return asked_of(ticket->data);
}

// Unsolicited: whoever the response says it is from, where that one may.
Result<federation::IdentityProvider> provider_of(pages::Visit& v, const std::optional<Asked>& asked, std::string_view value) {
  federation::IdentityProviders providers(v.rooms.ledger, v.rooms.entropy);
  if (asked) return providers.find(asked->provider);
  TRY(const auto inbound, saml::parse_post(saml::Carried::Response, value, {}));
  TRY(const auto issuer, inbound.claimed_issuer());
  TRY(auto idp, providers.find(issuer));
  if (!idp.unsolicited) return denied("nobody asked for this login, or in another browser: begin at the login page");
  return idp;
}

Result<Believed> believe(pages::Visit& v, const federation::IdentityProvider& idp, const std::optional<Asked>& asked,
                         const saml::Login& login) {
  Believed b;
  b.unsolicited = !asked;
  if (asked) b.asked = *asked;
  TRY(b.arrival, federation::arrival_of(idp, login));
  b.partner = {federation::Side::IdentityProvider, idp.entity(), login.subject, login.session_index};
  b.authenticated = std::min(login.authenticated, v.now);
  b.methods = login.context_class == kTwoFactors ? "fed mfa" : "fed";
  b.until = login.session_ends;
  return b;
}

// One change for all of it: of any number of posts at once, one is the login.
Result<std::string> use_up(pages::Visit& v, std::string_view relay, const saml::Login& login, const Believed& b) {
  TRY(auto resume, ticket_text(v.rooms.entropy));
  std::vector<ledger::Change> changes;
  if (!b.unsolicited) changes.emplace_back(ledger::Consume{ticket_row("saml request", relay), ledger::TicketKind::Challenge, v.now, {}});
  ledger::Ticket seen;
  seen.id = ticket_row("saml assertion", login.issuer + "\n" + login.assertion_id);
  seen.kind = ledger::TicketKind::Seen;
  seen.created = v.now;
  seen.expires = login.replay_until + kSkew;
  changes.emplace_back(ledger::Insert<ledger::Ticket>{std::move(seen)});
  ledger::Ticket next;
  next.id = ticket_row("saml resume", resume);
  next.kind = ledger::TicketKind::Challenge;
  next.data = to_text(b);
  next.created = v.now;
  next.expires = v.now + Seconds(120);
  changes.emplace_back(ledger::Insert<ledger::Ticket>{std::move(next)});
  const auto done = v.rooms.ledger.commit(std::move(changes));
  if (!done && !done.error().is_fault()) return denied("this login was answered before");
  if (!done) return std::unexpected(done.error());
  return resume;
}

Result<std::string> receive(pages::Visit& v, const http::Form& form) {
  const auto value = form.get("SAMLResponse");
  if (!value || value->size() > kMostResponse) return refuse(Refusal::Malformed, "no SAMLResponse, or one too long");
  const auto relay = form.get("RelayState").value_or("");
  TRY(const auto asked, asked_by(v.rooms, relay, v.now));
  TRY(const auto idp, provider_of(v, asked, *value));
  TRY(const auto keys, federation::keys_of(idp.described, idp.role(), v.now));
  TRY(const auto decryption, v.rooms.decryption.keys(v.now));
  const auto octets = base64::decode(*value);
  if (!octets) return refuse(Refusal::Malformed, "a response that is not base64");
  const auto us = entity(v.rooms), here = acs_address(v.rooms);
  const saml::Expected expected{.idp = idp.entity(),
                                .idp_keys = keys,
                                .sp = us,
                                .acs = here,
                                .request_id = asked ? std::optional<std::string_view>(asked->request_id) : std::nullopt,
                                .decryption = decryption,
                                .leeway = kSkew};
  TRY(const auto login, saml::verify_response(as_text(*octets), expected, v.now));
  TRY(auto b, believe(v, idp, asked, login));
  if (b.unsolicited) b.asked.to = pages::safe_return(relay);
  return use_up(v, relay, login, b);
}

// [SAMLProf §4.1.4.3] the browser that asked is the one that logs in.
Result<Believed> resumed(pages::Visit& v, std::string_view text) {
  const auto id = ticket_row("saml resume", text);
  TRY(const auto ticket, v.rooms.ledger.ticket(id));
  const auto b = ticket && ticket->kind == ledger::TicketKind::Challenge ? believed_of(ticket->data) : std::nullopt;
  if (!b) return denied("not an address that a login leads to");
  if (!b->unsolicited && (b->asked.browser.empty() || b->asked.browser != browser_of(v)))
    return denied("this login was begun in another browser");
  const auto used = v.rooms.ledger.commit({ledger::Consume{id, ledger::TicketKind::Challenge, v.now, {}}});
  if (!used && !used.error().is_fault()) return denied("this login was used before, or took too long");
  if (!used) return std::unexpected(used.error());
  return *b;
}

Status connect(pages::Visit& v, const Believed& b, federation::Arrivals& arrivals) {
  if (!v.session || v.session->principal.text() != b.asked.link) return denied("you are not logged in as who began this");
  const auto actor = v.actor();
  return arrivals.connect(b.arrival, v.session->principal, {actor, v.now});
}

void enter(pages::Visit& v, std::string_view text) {
  const auto b = resumed(v, text);
  if (!b) return refused(v, b.error());
  // Once more, from the store: it may be gone, or may have changed its rules, since.
  const auto idp = federation::IdentityProviders(v.rooms.ledger, v.rooms.entropy).find(b->arrival.provider);
  if (!idp) return refused(v, idp.error());
  federation::Arrivals arrivals(v.rooms.ledger, v.rooms.principals, v.rooms.entropy);
  if (!b->asked.link.empty()) {
    if (const auto done = connect(v, *b, arrivals); !done) return refused(v, done.error());
    return pages::message_page(v.response, pages::texts::kOtherLogins, pages::texts::kConnected, "/account", pages::texts::kBack);
  }
  const audit::Actor actor{.name = idp->id(), .address = v.address, .request_id = std::string(v.request.request_id)};
  const auto user = arrivals.settle(*idp, b->arrival, {actor, v.now});
  if (!user) return refused(v, user.error());
  pages::proved(v, {user->id, b->methods, b->asked.to, b->authenticated, federation::to_text({b->partner}), {}, b->until});
}

}  // namespace

void consume(Rooms& rooms, const http::Request& request, http::Response& response, Instant now) {
  if (!pages::page_method(request, response)) return;
  auto v = pages::visit(rooms, request, response, now);
  if (v.store_failed) return pages::unavailable(response);
  const auto form = http::Form::parse(v.post() ? request.body : request.query);
  if (!form) return refused(v, form.error());
  if (!v.post()) return enter(v, form->get("resume").value_or(""));
  // The post came from another site, without this site's cookies: a redirect from here brings them.
  const auto resume = receive(v, *form);
  if (!resume) return refused(v, resume.error());
  v.redirect("/saml/acs?resume=" + *resume);
}

}  // namespace jeton::protocols::sso
