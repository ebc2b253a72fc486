#include "protocols/sso/logout/round.h"

#include <algorithm>
#include <functional>

#include "authority/federation/identity_providers.h"
#include "authority/federation/service_providers.h"
#include "blocks/json/value.h"
#include "blocks/json/writer.h"
#include "formats/saml/binding.h"
#include "formats/saml/logout.h"
#include "formats/saml/names.h"
#include "formats/saml/signing.h"
#include "protocols/oauth/authorization.h"
#include "protocols/pages/pages.h"
#include "protocols/pages/texts.h"
#include "protocols/sso/issuer.h"
#include "protocols/sso/upstream/upstream.h"

namespace jeton::protocols::sso {
namespace {

using federation::Partner;
using federation::Side;

constexpr std::string_view kUse = "saml logout";
constexpr Seconds kRequestLives{300};

std::string to_text(const Round& r) {
  std::string out;
  json::Writer w(out);
  w.object().member("left", federation::to_text(r.left)).flag("waiting_idp", r.waiting_side == Side::IdentityProvider);
  w.member("waiting", r.waiting_for).member("request", r.request_id).flag("partial", r.partial);
  w.member("to", r.end.to).flag("asker_idp", r.end.side == Side::IdentityProvider).member("asker", r.end.asker);
  w.member("asked", r.end.request_id).member("relay", r.end.relay_state).end_object();
  return out;
}

std::optional<Round> round_of(std::string_view text) {
  const auto value = json::parse(text);
  if (!value) return std::nullopt;
  const auto get = [&](std::string_view name) { return std::string(value->string_at(name).value_or("")); };
  const auto flag = [&](std::string_view name) {
    const auto* member = value->find(name);
    return member != nullptr && member->boolean().value_or(false);
  };
  const auto side = [](bool idp) { return idp ? Side::IdentityProvider : Side::ServiceProvider; };
  return Round{federation::partners_of(get("left")),
               side(flag("waiting_idp")),
               get("waiting"),
               get("request"),
               flag("partial"),
               {get("to"), side(flag("asker_idp")), get("asker"), get("asked"), get("relay")}};
}

const saml::Endpoint* reachable(const Peer& peer) {
  const auto* found = saml::endpoint_of(peer.logout, saml::kHttpRedirect);
  if (found == nullptr) found = saml::endpoint_of(peer.logout, saml::kHttpPost);
  return found != nullptr && federation::secure_address(found->location) ? found : nullptr;
}

struct Outbound {
  saml::Carried carried;
  std::string_view binding, location, relay;
  crypto::SignAlg signs;
};

// A signed message to there.
Status carry(pages::Visit& v, const Outbound& to, const std::function<Result<std::string>(const crypto::SignKey*)>& write) {
  const auto& [carried, binding, location, relay, signs] = to;
  TRY(const auto key, signing_key(v.rooms, signs, v.now));
  if (binding == saml::kHttpRedirect) {
    TRY(const auto message, write(nullptr));
    TRY(const auto url, saml::redirect_url(location, carried, message, relay, &key));
    v.redirect(url);
    return {};
  }
  TRY(const auto message, write(&key));
  std::vector<std::pair<std::string_view, std::string>> parameters = {
      {carried == saml::Carried::Request ? "SAMLRequest" : "SAMLResponse", saml::post_value(message)}};
  if (!relay.empty()) parameters.emplace_back("RelayState", std::string(relay));
  pages::form_post(location, parameters, v.response);
  return {};
}

// False where this one cannot be told.
Result<bool> tell(pages::Visit& v, const Partner& partner, Round& round) {
  const auto peer = peer_of(v.rooms, partner.side, partner.entity, v.now);
  if (!peer && peer.error().is_fault()) return std::unexpected(peer.error());
  const auto* there = peer ? reachable(*peer) : nullptr;
  if (there == nullptr) return false;
  TRY(round.request_id, saml::new_id(v.rooms.entropy));
  round.waiting_for = partner.entity;
  round.waiting_side = partner.side;
  TRY(const auto relay, ticket_text(v.rooms.entropy));
  ledger::Ticket t;
  t.id = ticket_row(kUse, relay);
  t.kind = ledger::TicketKind::Challenge;
  t.data = to_text(round);
  t.created = v.now;
  t.expires = v.now + kJourney;
  TRY_VOID(v.rooms.ledger.commit({ledger::Insert<ledger::Ticket>{std::move(t)}}));
  saml::LogoutRequest request{round.request_id, entity(v.rooms), there->location, v.now, v.now + kRequestLives, partner.name, {}};
  if (!partner.session_index.empty()) request.session_indexes.push_back(partner.session_index);
  TRY_VOID(carry(v, {saml::Carried::Request, there->binding, there->location, relay, peer->signs},
                 [&](const auto* key) { return saml::write_logout_request(request, key); }));
  return true;
}

Status answer(pages::Visit& v, const Round& round) {
  TRY(const auto peer, peer_of(v.rooms, round.end.side, round.end.asker, v.now));
  const auto* there = reachable(peer);
  if (there == nullptr) return refuse(Refusal::NotFound, "no address to answer to");
  const auto& location = there->response_location.empty() ? there->location : there->response_location;
  if (!federation::secure_address(location)) return refuse(Refusal::Denied, "an address to answer to that is not https");
  TRY(auto id, saml::new_id(v.rooms.entropy));
  const saml::LogoutResponse response{std::move(id),
                                      entity(v.rooms),
                                      location,
                                      round.end.request_id,
                                      v.now,
                                      std::string(saml::kSuccess),
                                      round.partial ? std::string(saml::kPartialLogout) : std::string()};
  return carry(v, {saml::Carried::Response, there->binding, location, round.end.relay_state, peer.signs},
               [&](const auto* key) { return saml::write_logout_response(response, key); });
}

void page(pages::Visit& v, bool partial) {
  pages::message_page(v.response, pages::texts::kLogOut, partial ? pages::texts::kFarLogout : pages::texts::kLoggedOut, "/login",
                      pages::texts::kLogIn);
}

}  // namespace

Result<Peer> peer_of(Rooms& rooms, Side side, std::string_view entity, Instant now) {
  if (side == Side::IdentityProvider) {
    TRY(const auto idp, federation::IdentityProviders(rooms.ledger, rooms.entropy).find(entity));
    TRY(auto keys, federation::keys_of(idp.described, idp.role(), now));
    return Peer{idp.entity(), idp.role().logout, std::move(keys), federation::kRsa};
  }
  TRY(const auto sp, federation::ServiceProviders(rooms.ledger, rooms.entropy).find(entity));
  TRY(auto keys, federation::keys_of(sp.described, sp.role(), now));
  return Peer{sp.entity(), sp.role().logout, std::move(keys), sp.signs()};
}

Result<Round> look_at_round(Rooms& rooms, std::string_view relay_state, Instant now) {
  TRY(const auto ticket, rooms.ledger.ticket(ticket_row(kUse, relay_state)));
  const auto round = ticket && ticket->kind == ledger::TicketKind::Challenge && !ticket->used && now < ticket->expires
                         ? round_of(ticket->data)
                         : std::nullopt;
  if (!round) return refuse(Refusal::Denied, "no logout waits for this answer");
  return *round;
}

Result<Round> take_round(Rooms& rooms, std::string_view relay_state, Instant now) {
  TRY(auto round, look_at_round(rooms, relay_state, now));
  const auto used = rooms.ledger.commit({ledger::Consume{ticket_row(kUse, relay_state), ledger::TicketKind::Challenge, now, {}}});
  if (!used && used.error().is_fault()) return std::unexpected(used.error());
  if (!used) return refuse(Refusal::Denied, "this answer was given before");
  return round;
}

void go_on(pages::Visit& v, Round round) {
  while (!round.left.empty()) {
    const auto partner = round.left.front();
    round.left.erase(round.left.begin());
    const auto told = tell(v, partner, round);
    if (!told && told.error().is_fault()) return pages::unavailable(v.response);
    if (told && *told) return;
    round.partial = true;
  }
  if (!round.end.asker.empty()) {
    const auto answered = answer(v, round);
    if (!answered && answered.error().is_fault()) return pages::unavailable(v.response);
    if (!answered) page(v, true);
    return;
  }
  if (!round.end.to.empty()) return v.redirect(round.end.to);
  page(v, round.partial);
}

std::string logout_origins(const pages::Visit& v) {
  std::string out;
  if (!v.session) return out;
  const auto partners = federation::Partners(v.rooms.ledger).of(v.session->id);
  for (const auto& partner : partners.value_or(std::vector<Partner>())) {
    const auto peer = peer_of(v.rooms, partner.side, partner.entity, v.now);
    const auto* there = peer ? reachable(*peer) : nullptr;
    if (there == nullptr) continue;
    const auto origin = oauth::origin_of(there->location);
    if (out.find(origin) == std::string::npos) out.append(out.empty() ? "" : " ").append(origin);
  }
  return out;
}

void log_out(pages::Visit& v, const std::vector<TokenId>& sessions, const LogoutEnd& end) {
  constexpr std::size_t kMost = 64;
  federation::Partners known(v.rooms.ledger);
  Round round;
  round.end = end;
  const auto actor = v.session ? v.actor()
                               : audit::Actor{.name = end.asker.empty() ? "anonymous" : "saml",
                                              .address = v.address,
                                              .request_id = std::string(v.request.request_id)};
  for (const auto& session : sessions) {
    const auto partners = known.of(session);
    // First of all it ends here: nothing that goes wrong later keeps it alive.
    if (!partners || !v.rooms.sessions.end(session, {actor, v.now})) return pages::unavailable(v.response);
    for (const auto& partner : *partners)
      if ((partner.entity != end.asker || partner.side != end.side) && round.left.size() < kMost) round.left.push_back(partner);
    if (v.session && v.session->id == session) v.clear_session();
  }
  // The identity provider last: it may send the browser round on its own.
  std::ranges::sort(round.left, {},
                    [](const Partner& p) { return std::pair(p.side == Side::IdentityProvider, std::string_view(p.entity)); });
  go_on(v, std::move(round));
}

}  // namespace jeton::protocols::sso
