#include "protocols/oauth/device.h"

#include <algorithm>

#include "authority/policy/scopes.h"
#include "blocks/json/writer.h"
#include "ground/secret_pass.h"
#include "protocols/oauth/par.h"
#include "protocols/oauth/proof/binding.h"

namespace jeton::protocols::oauth {
namespace {

using ledger::Ticket;
using ledger::TicketKind;

constexpr Seconds kLives{600};
constexpr std::int64_t kInterval = 5;
constexpr int kRounds = 8;
// [RFC8628 §6.1] no vowels, nothing that looks alike: 8 of 20 letters are 34 bits, for ten minutes and few tries.
constexpr std::string_view kLetters = "BCDFGHJKLMNPQRSTVWXZ";

std::string plain(std::string_view typed) {
  std::string out;
  for (char c : typed) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
    if (c >= 'A' && c <= 'Z') out += c;
  }
  return out;
}

Result<std::string> user_code(Entropy& entropy) {
  std::string out;
  while (out.size() < 8) {
    std::array<std::uint8_t, 16> pool;
    TRY_VOID(entropy.fill(pool));
    for (const auto octet : pool)
      if (octet < 240 && out.size() < 8) out += kLetters[octet % 20];
  }
  return out;
}

crypto::Sha256Digest code_id(const keys::PepperSet& peppers, std::size_t pepper, std::string_view code) {
  return peppers.hash(pepper, "user code " + std::string(code));
}

// What a device ticket says, and in which state it is.
struct Asked {
  ApiId api;
  ledger::Scopes scopes;
  std::string state = "pending";     // pending, approved, denied
  std::int64_t interval = kInterval, polled = 0, agreed = 0;   // seconds; milliseconds since 1970
  TokenId session, login;
  grants::Proof proof;
  std::string details;               // authorization details; empty where none
};

std::string write(const Asked& a) {
  std::string out;
  json::Writer w(out);
  w.object().member("api", a.api.text()).member("scope", policy::joined(a.scopes)).member("state", a.state).member("interval", a.interval);
  w.member("polled", a.polled).member("agreed", a.agreed).member("session", a.session.text()).member("login", a.login.text());
  w.member("auth_time", a.proof.authenticated.seconds()).member("amr", a.proof.methods).member("acr", a.proof.acr);
  w.member("details", a.details).end_object();
  return out;
}

Result<Asked> read(const Ticket& t) {
  TRY(const auto v, json::parse(t.data));
  const auto number = [&v](std::string_view name) {
    const auto* n = v.find(name);
    return n != nullptr ? n->integer().value_or(0) : 0;
  };
  const auto text = [&v](std::string_view name) { return v.string_at(name).value_or(""); };
  const auto api = ApiId::parse(text("api"));
  if (!api) return fault(Fault::StoreCorrupt);
  Asked a;
  a.api = *api;
  TRY(a.scopes, policy::parse_scopes(text("scope")));
  a.state = text("state");
  a.interval = number("interval");
  a.polled = number("polled");
  a.agreed = number("agreed");
  a.session = TokenId::parse(text("session")).value_or(TokenId());
  a.login = TokenId::parse(text("login")).value_or(TokenId());
  a.proof = {Instant::from_seconds(number("auth_time")), std::string(text("amr")), std::string(text("acr"))};
  a.details = text("details");
  return a;
}

Answer begin(const Call& call) {
  const auto found = needed_client(call);
  if (!found) return std::unexpected(found.error());
  const Client& client = **found;
  if (!clients::may_grant(client.record, client.profile, kDeviceGrant))
    return error(400, "unauthorized_client", "the client is not registered for device authorization");
  auto scopes = policy::parse_scopes(call.form.get("scope").value_or(""));
  if (!scopes) return error(400, "invalid_scope");
  for (const auto& s : *scopes)
    if (!policy::is_identity_scope(s) && !std::binary_search(client.record.scopes.begin(), client.record.scopes.end(), s))
      return error(400, "invalid_scope", "a scope that the client is not registered for");
  const bool by_details = call.form.get(kDetails) && without_identity(*scopes).empty();
  if (scopes->empty() && !by_details) scopes = client.record.scopes;
  auto named = named_api(call.rooms, call.form);
  if (!named) return std::unexpected(named.error());
  if (!*named) {
    auto implied = by_details ? api_of_details(call.rooms, call.form) : api_of_scopes(call.rooms, *scopes);
    if (!implied) return std::unexpected(implied.error());
    *named = *std::move(implied);
  }
  const auto& api = **named;
  if (api.name == apis::kManagement) return error(400, "invalid_target", "the management API is not open to applications of users");
  if (!policy::subset(without_identity(*scopes), api.scopes)) return error(400, "invalid_scope", "not all of them are scopes of this API");
  const auto details = details_asked(call.rooms, client, api, call.form);
  if (!details) return std::unexpected(details.error());
  if (!clients::confidential(client.record, client.profile))
    if (const auto may = may_keep(call.rooms, call.address, call.now); !may) return may;
  OAUTH_TRY(const auto device, mint::handle(call.rooms.ledger, call.rooms.peppers, opaque::Kind::Dc, call.rooms.entropy), "server_error");
  OAUTH_TRY(const auto code, user_code(call.rooms.entropy), "server_error");
  Asked asked;
  asked.api = api.id;
  asked.scopes = *scopes;
  asked.details = details->text();
  Ticket t;
  t.id = device.hash;
  t.pepper = device.pepper;
  t.kind = TicketKind::Device;
  t.client = client.record.id;
  t.data = write(asked);
  t.created = call.now;
  t.expires = call.now + kLives;
  Ticket by_code = t;
  const auto peppers = call.rooms.peppers.snapshot();
  by_code.id = code_id(*peppers, 0, code);
  by_code.pepper = peppers->active();
  by_code.kind = TicketKind::UserCode;
  by_code.data = to_hex(device.hash);
  OAUTH_TRY_VOID(call.rooms.ledger.commit({ledger::Insert<Ticket>{std::move(t)}, ledger::Insert<Ticket>{std::move(by_code)}}));
  const auto shown = code.substr(0, 4) + "-" + code.substr(4);
  const auto page = call.rooms.facts.issuer + "/device";
  json_head(call.response);
  cors(call.request, call.response, {});
  json::Writer w(call.response.body);
  w.object().member("device_code", as_text(device.text.read(Pass::key()))).member("user_code", shown).member("verification_uri", page);
  w.member("verification_uri_complete", page + "?user_code=" + shown)
      .member("expires_in", kLives.count())
      .member("interval", kInterval)
      .end_object();
  return {};
}

}  // namespace

void device_authorization(Rooms& rooms, const http::Request& request, http::Response& response, Instant now) {
  if (cors(request, response, "POST")) return;
  response.clear();
  const auto call = call_of(rooms, request, response, now);
  if (!call) return oauth::write(call.error(), request, response);
  if (const auto done = begin(*call); !done) oauth::write(done.error(), request, response);
}

Result<Waiting> waiting_device(Rooms& rooms, std::string_view typed, Instant now) {
  const auto code = plain(typed);
  const auto gone = refuse(Refusal::NotFound);
  if (code.size() != 8) return gone;
  const auto peppers = rooms.peppers.snapshot();
  for (std::size_t i = 0; i < peppers->size(); ++i) {
    TRY(const auto by_code, rooms.ledger.ticket(code_id(*peppers, i, code)));
    if (!by_code) continue;
    crypto::Sha256Digest id;
    if (by_code->kind != TicketKind::UserCode || by_code->expires <= now || !from_hex(by_code->data, id)) return gone;
    TRY(const auto device, rooms.ledger.ticket(id));
    if (!device || device->used || device->expires <= now) return gone;
    TRY(auto asked, read(*device));
    if (asked.state != "pending") return gone;
    TRY(auto client, rooms.clients.find(device->client));
    TRY(auto api, rooms.ledger.api(asked.api));
    if (client.standing != ledger::Standing::Active || !api || api->deleted) return gone;
    TRY(auto details, apis::Details::kept(asked.details));
    return Waiting{
        id, std::move(client), *std::move(api), std::move(asked.scopes), std::move(details), code.substr(0, 4) + "-" + code.substr(4)};
  }
  return gone;
}

namespace {

Status decide_once(Rooms& rooms, const Waiting& device, const sessions::Session& session, Word word, const audit::Doing& doing) {
  TRY(auto ticket, rooms.ledger.ticket(device.id));
  if (!ticket || ticket->used || ticket->expires <= doing.now) return refuse(Refusal::NotFound);
  TRY(auto asked, read(*ticket));
  if (asked.state != "pending") return refuse(Refusal::NotFound);
  asked.state = word == Word::Yes ? "approved" : "denied";
  // A device is used apart from the browser: what it gets does not hang on the browser's session, once it has it.
  asked.login = session.id;
  asked.agreed = doing.now.millis();
  asked.proof = {session.authenticated, session.methods, std::string(session.acr())};
  ticket->principal = session.principal;
  ticket->data = write(asked);
  TRY(auto event,
      audit::event(doing, word == Word::Yes ? "device_code.approve" : "device_code.deny", ticket->client.text(), rooms.entropy));
  TRY_VOID(rooms.ledger.commit({ledger::Update<Ticket>{*std::move(ticket)}, std::move(event)}));
  return {};
}

}  // namespace

Status decide_device(Rooms& rooms, const Waiting& device, const sessions::Session& session, Word word, const audit::Doing& doing) {
  // A device that asks all the time is not in the way of the person's word.
  for (int round = 1;; ++round) {
    const auto done = decide_once(rooms, device, session, word, doing);
    if (done || !done.error().is(Refusal::Conflict) || round == kRounds) return done;
  }
}

// [RFC8628 §3.5]
Answer device_code(const Call& call, const Client& client) {
  const auto code = call.form.get("device_code");
  if (!code) return error(400, "invalid_request", "device_code is needed");
  const auto proof = binding_of(call, client);
  if (!proof) return std::unexpected(proof.error());
  OAUTH_TRY(auto ticket, mint::find_ticket(call.rooms.ledger, call.rooms.peppers, opaque::Kind::Dc, *code), "invalid_grant");
  if (!ticket || ticket->kind != TicketKind::Device || ticket->client != client.record.id || ticket->used)
    return error(400, "invalid_grant", "the device code is not known, or was used");
  if (ticket->expires <= call.now) return error(400, "expired_token", "the device code has expired");
  OAUTH_TRY(auto asked, read(*ticket), "invalid_grant");
  if (asked.state == "denied") return error(400, "access_denied", "the user said no");
  if (asked.state == "pending") {
    const bool early = asked.polled != 0 && call.now < Instant::from_millis(asked.polled) + Seconds(asked.interval) - Millis(500);
    if (early) asked.interval += 5;
    asked.polled = call.now.millis();
    ticket->data = write(asked);
    // Where the person's word comes in between, the next question finds it.
    (void)call.rooms.ledger.commit({ledger::Update<Ticket>{*std::move(ticket)}});
    return early ? error(400, "slow_down", "wait five seconds more between questions") : error(400, "authorization_pending");
  }
  if (const auto fits = fits_resource(call, asked.api); !fits) return fits;
  grants::Approval approval;
  approval.principal = ticket->principal;
  approval.client = client.record.id;
  approval.api = asked.api;
  approval.scopes = asked.scopes;
  approval.login = asked.login;
  approval.agreed = Instant::from_millis(asked.agreed);
  approval.proof = asked.proof;
  approval.details = asked.details;
  const auto actor = actor_of(call, client.record.id.text());
  auto granted = call.rooms.grants.grant(approval, {client.record, client.profile, *proof},
                                         {ledger::Consume{ticket->id, TicketKind::Device, call.now, {}}}, {actor, call.now});
  if (!granted && granted.error().is(Refusal::Conflict)) return error(400, "invalid_grant", "the device code is not known, or was used");
  if (!granted) return std::unexpected(error_of(granted.error(), "invalid_grant"));
  OAUTH_TRY(auto details, apis::Details::kept(asked.details), "server_error");
  auto scopes = granted->grant.scopes;
  return issue(call, {*std::move(granted), client, std::move(scopes), *proof, std::move(details), true});
}

}  // namespace jeton::protocols::oauth
