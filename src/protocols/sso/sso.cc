#include "protocols/sso/sso.h"

#include "authority/federation/partners.h"
#include "formats/saml/names.h"
#include "ground/base64url.h"
#include "protocols/pages/pages.h"
#include "protocols/pages/texts.h"
#include "protocols/pages/visit.h"
#include "protocols/sso/asking.h"
#include "protocols/sso/issuer.h"

namespace jeton::protocols::sso {
namespace {

constexpr Seconds kLoginLives{600};   // from the request to the answer

void refused(pages::Visit& v, const Failure& failure) {
  if (failure.is_fault()) return pages::unavailable(v.response);
  pages::error_page(v.response, failure.is(Refusal::Denied) ? 403 : 400, pages::texts::kErrorClient, failure.detail());
}

// What is asked, as it travels through the login: text and its MAC. It holds nothing that the browser did not bring.
std::string mac(const Rooms& rooms, std::size_t pepper, std::string_view text) {
  return base64url::encode(rooms.peppers.snapshot()->hash(pepper, "saml asking\n" + std::string(text)));
}

std::string resume_address(const Rooms& rooms, const Asking& asking) {
  const auto text = base64url::encode(as_bytes(to_text(asking)));
  return "/saml/sso?resume=" + text + "." + mac(rooms, 0, text);
}

Result<Asking> resumed(const Rooms& rooms, std::string_view resume, Instant now) {
  const auto dot = std::min(resume.find('.'), resume.size());
  const auto text = resume.substr(0, dot), shown = resume.substr(std::min(dot + 1, resume.size()));
  bool good = false;
  for (std::size_t i = 0; i < rooms.peppers.snapshot()->size(); ++i)
    good = good || equal_constant_time(as_bytes(mac(rooms, i, text)), as_bytes(shown));
  const auto octets = base64url::decode(text);
  const auto asking = good && octets ? asking_of(as_text(*octets)) : std::nullopt;
  if (!asking) return refuse(Refusal::Denied, "not the address this login began with");
  if (asking->at + kLoginLives <= now) return refuse(Refusal::Expired, "the login took too long: begin again at the application");
  return *asking;
}

struct Received {
  Asking asking;
  federation::ServiceProvider sp;
};

Result<Received> received(const pages::Visit& v, const http::Form& form, federation::ServiceProviders& providers) {
  if (const auto resume = form.get("resume"); resume && !v.post()) {
    TRY(auto asking, resumed(v.rooms, *resume, v.now));
    TRY(auto known, providers.find(asking.entity));
    return Received{std::move(asking), std::move(known)};
  }
  if (const auto sp = form.get("sp"); sp && !v.post()) {
    TRY(auto known, providers.find(*sp));
    const auto relay_state = form.get("RelayState").value_or("");
    if (relay_state.size() > saml::kMostRelayState) return refuse(Refusal::TooLarge, "RelayState has at most 80 octets");
    auto asking = unasked(known, relay_state, v.now);
    return Received{std::move(asking), std::move(known)};
  }
  const auto value = form.get("SAMLRequest");
  if (!value) return refuse(Refusal::Malformed, "no SAMLRequest");
  TRY(const auto inbound, v.post() ? saml::parse_post(saml::Carried::Request, *value, form.get("RelayState").value_or(""))
                                   : saml::parse_redirect(v.request.query));
  TRY(const auto issuer, inbound.claimed_issuer());
  TRY(auto known, providers.find(issuer));
  TRY(auto asking, read_asking(inbound, known, sso_address(v.rooms), v.now));
  return Received{std::move(asking), std::move(known)};
}

Result<Person> person_of(pages::Visit& v, const Asking& asking, std::string context) {
  TRY(const auto user, v.rooms.ledger.principal(v.session->principal));
  if (!user || user->standing != ledger::Standing::Active) return refuse(Refusal::Denied, "this user may not log in");
  // The service provider is told a name of the session that is good for nothing else, and for nobody else.
  const auto session =
      base64url::encode(v.rooms.peppers.snapshot()->hash(0, "saml session\n" + asking.entity + "\n" + v.session->id.text()));
  return Person{user->id,           user->name, user->email,       user->metadata, v.session->authenticated,
                std::move(context), session,    v.session->expires};
}

Result<std::string> message(pages::Visit& v, const Asking& asking, const federation::ServiceProvider& sp,
                            federation::ServiceProviders& providers) {
  TRY(const auto key, signing_key(v.rooms, sp.signs(), v.now));
  const Issuer issuer{entity(v.rooms), key};
  if (!v.session) return refusal_response(asking, saml::kNoPassive, issuer, v.rooms.entropy, v.now);
  auto context = context_for(asking, v.session->methods);
  if (!context) return refusal_response(asking, "urn:oasis:names:tc:SAML:2.0:status:NoAuthnContext", issuer, v.rooms.entropy, v.now);
  TRY(const auto person, person_of(v, asking, *std::move(context)));
  TRY(const auto pairwise, providers.pairwise_name(asking.entity, person.id));
  TRY(auto answered, login_response(asking, person, sp, pairwise, issuer, v.rooms.entropy, v.now));
  // Before it is told: who was told can log out.
  const federation::Partner partner{federation::Side::ServiceProvider, asking.entity, std::move(answered.name), person.session};
  TRY_VOID(federation::Partners(v.rooms.ledger).note(v.session->id, partner, v.now));
  return std::move(answered.response);
}

void answer(pages::Visit& v, const Received& received, federation::ServiceProviders& providers) {
  const auto& [asking, sp] = received;
  const bool stale = v.session && asking.force && v.session->authenticated < asking.at;
  if ((!v.session || stale) && !asking.passive) return v.redirect("/login?return=" + http::percent_encode(resume_address(v.rooms, asking)));
  if (stale) v.session.reset();
  const auto text = message(v, asking, sp, providers);
  if (!text) return refused(v, text.error());
  std::vector<std::pair<std::string_view, std::string>> parameters = {{"SAMLResponse", saml::post_value(*text)}};
  if (!asking.relay_state.empty()) parameters.emplace_back("RelayState", asking.relay_state);
  pages::form_post(asking.acs, parameters, v.response);
}

}  // namespace

void single_sign_on(Rooms& rooms, const http::Request& request, http::Response& response, Instant now) {
  if (!pages::page_method(request, response)) return;
  auto v = pages::visit(rooms, request, response, now);
  if (v.store_failed) return pages::unavailable(response);
  const auto form = http::Form::parse(v.post() ? request.body : request.query);
  if (!form) return refused(v, form.error());
  federation::ServiceProviders providers(rooms.ledger, rooms.entropy);
  const auto got = received(v, *form, providers);
  if (!got) return refused(v, got.error());
  // A POST from another site comes without our cookie: the browser asks again, from here.
  if (v.post()) return v.redirect(resume_address(rooms, got->asking));
  answer(v, *got, providers);
}

}  // namespace jeton::protocols::sso
