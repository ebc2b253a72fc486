// /saml/slo: who asks is held against its metadata before anything ends.
#include "formats/saml/binding.h"
#include "formats/saml/logout.h"
#include "formats/saml/names.h"
#include "protocols/pages/pages.h"
#include "protocols/pages/texts.h"
#include "protocols/sso/issuer.h"
#include "protocols/sso/logout/round.h"
#include "protocols/sso/upstream/upstream.h"

namespace jeton::protocols::sso {
namespace {

using federation::Side;

constexpr Seconds kOldest{300}, kAhead{60};

void refused(pages::Visit& v, const Failure& failure) {
  if (failure.is_fault()) return pages::unavailable(v.response);
  pages::error_page(v.response, 403, pages::texts::kErrorTitle, failure.detail());
}

constexpr auto denied(std::string_view what) { return refuse(Refusal::Denied, what); }

Result<saml::Inbound> inbound_of(const pages::Visit& v, const http::Form& form) {
  if (!v.post()) return saml::parse_redirect(v.request.query);
  const auto request = form.get("SAMLRequest"), response = form.get("SAMLResponse");
  if (request.has_value() == response.has_value()) return refuse(Refusal::Malformed, "one of SAMLRequest and SAMLResponse");
  return saml::parse_post(request ? saml::Carried::Request : saml::Carried::Response, request ? *request : *response,
                          form.get("RelayState").value_or(""));
}

struct Received {
  Side side;
  saml::LogoutRequest request;
};

Result<Received> read_request(const saml::Inbound& inbound, Rooms& rooms, Side side, Instant now) {
  TRY(const auto issuer, inbound.claimed_issuer());
  TRY(const auto peer, peer_of(rooms, side, issuer, now));
  // [SAMLProf §4.4.4.1] signed, always: who could write it unsigned could log out anybody.
  TRY(const auto proven, saml::prove(inbound, peer.keys, saml::Need::Signature));
  TRY(auto request, saml::read_logout_request(proven.root()));
  if (request.issuer != peer.entity) return refuse(Refusal::WrongIssuer, "the request is from another entity");
  if (request.destination != slo_address(rooms)) return denied("the request is for another destination, or does not say for which");
  if (request.issued > now + kAhead) return refuse(Refusal::NotYetValid, "the request was made in the future");
  if (request.issued + kOldest <= now || (request.not_on_or_after && now >= *request.not_on_or_after))
    return refuse(Refusal::Expired, "the request is too old");
  return Received{side, std::move(request)};
}

// An entity may be known on both sides; then the one whose sessions it names is meant.
Result<std::pair<Received, std::vector<TokenId>>> meant(const saml::Inbound& inbound, Rooms& rooms, Instant now) {
  federation::Partners partners(rooms.ledger);
  std::optional<Failure> first;
  std::optional<Received> read;
  for (const auto side : {Side::ServiceProvider, Side::IdentityProvider}) {
    auto received = read_request(inbound, rooms, side, now);
    if (!received && received.error().is_fault()) return std::unexpected(received.error());
    if (!received) {
      if (!first || first->is(Refusal::NotFound)) first = received.error();
      continue;
    }
    TRY(auto sessions,
        partners.sessions_of(side, received->request.issuer, received->request.subject, received->request.session_indexes, now));
    if (!sessions.empty()) return std::pair(*std::move(received), std::move(sessions));
    if (!read) read = *std::move(received);
  }
  if (!read) return std::unexpected(*first);
  return std::pair(*std::move(read), std::vector<TokenId>());
}

// [SAMLCore §3.2.1] A request's ID is its issuer's once. Kept for longer than the request is taken for.
Status first_time(Rooms& rooms, const saml::LogoutRequest& request, Instant now) {
  ledger::Ticket seen;
  seen.id = ticket_row("saml logout request", request.issuer + "\n" + request.id);
  seen.kind = ledger::TicketKind::Seen;
  seen.created = now;
  seen.expires = std::max(request.issued, now) + kOldest + kAhead;
  const auto done = rooms.ledger.commit({ledger::Insert<ledger::Ticket>{std::move(seen)}});
  if (!done && done.error().is(Refusal::Conflict)) return denied("this logout was asked for before");
  if (!done) return std::unexpected(done.error());
  return {};
}

void requested(pages::Visit& v, const saml::Inbound& inbound) {
  const auto found = meant(inbound, v.rooms, v.now);
  if (!found) return refused(v, found.error());
  if (const auto first = first_time(v.rooms, found->first.request, v.now); !first) return refused(v, first.error());
  const auto& [received, sessions] = *found;
  log_out(v, sessions, {{}, received.side, received.request.issuer, received.request.id, inbound.relay_state});
}

Result<Round> answered_round(pages::Visit& v, const saml::Inbound& inbound) {
  TRY(const auto waiting, look_at_round(v.rooms, inbound.relay_state, v.now));
  TRY(const auto peer, peer_of(v.rooms, waiting.waiting_side, waiting.waiting_for, v.now));
  TRY(const auto proven, saml::prove(inbound, peer.keys, saml::Need::Signature));
  TRY(const auto response, saml::read_logout_response(proven.root()));
  if (response.issuer != peer.entity) return refuse(Refusal::WrongIssuer, "the answer is from another entity");
  if (response.destination != slo_address(v.rooms)) return denied("the answer is for another destination, or does not say for which");
  if (response.in_response_to != waiting.request_id) return denied("the answer is to another request");
  if (response.issued > v.now + kAhead || response.issued + kOldest <= v.now) return refuse(Refusal::Expired, "the answer is too old");
  TRY(auto round, take_round(v.rooms, inbound.relay_state, v.now));
  round.partial = round.partial || response.status != saml::kSuccess;
  return round;
}

}  // namespace

void single_logout(Rooms& rooms, const http::Request& request, http::Response& response, Instant now) {
  if (!pages::page_method(request, response)) return;
  auto v = pages::visit(rooms, request, response, now);
  if (v.store_failed) return pages::unavailable(response);
  const auto form = http::Form::parse(v.post() ? request.body : request.query);
  if (!form) return refused(v, form.error());
  const auto inbound = inbound_of(v, *form);
  if (!inbound) return refused(v, inbound.error());
  if (inbound->carried == saml::Carried::Request) return requested(v, *inbound);
  auto round = answered_round(v, *inbound);
  if (!round) return refused(v, round.error());
  go_on(v, *std::move(round));
}

}  // namespace jeton::protocols::sso
