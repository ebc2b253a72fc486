#include "protocols/oauth/par.h"

#include "blocks/json/value.h"
#include "blocks/json/writer.h"
#include "ground/base64url.h"
#include "protocols/oauth/authorization.h"
#include "protocols/oauth/proof/dpop.h"
#include "protocols/oauth/request_object.h"

namespace jeton::protocols::oauth {
namespace {

constexpr std::string_view kPrefix = "urn:ietf:params:oauth:request_uri:";
// Until it is shown; and from then on until the person has logged in and agreed.
constexpr Seconds kLives{90}, kTakes{15 * 60};
// Anybody may push for a client that keeps no secret, and what is pushed is kept.
constexpr std::size_t kMost = 32 * 1024;
// More than an office of people makes, less than fills a disk before it is over.
constexpr people::Throttle::Pace kStrangers{.burst = 1000, .per_second = 20};
crypto::Sha256Digest id_of(std::string_view reference) { return crypto::sha256(as_bytes("pushed " + std::string(reference))); }

// The parameters as text again: those that are read, and nothing else that anybody sent along (how the client showed who it is, what this
// server has never heard of).
std::string query_of(const http::Form& form) {
  std::string query;
  for (const auto& [name, value] : form.all()) {
    if (!is_parameter(name)) continue;
    if (!query.empty()) query += '&';
    query += http::percent_encode(name) + "=" + http::percent_encode(value);
  }
  return query;
}

// What was pushed: the parameters of the form, or of the request object in it, bound to the key that the call proves (RFC 9449 §10.1).
Or<http::Form> pushed_form(const Call& call, const Client& client) {
  // [RFC9126 §2.1] not within itself
  if (call.form.get("request_uri")) return error(400, "invalid_request", "request_uri is not pushed");
  Or<http::Form> form = call.form;
  if (call.form.get("request")) form = signed_request(call.rooms, client, call.form, call.now);
  else if (client.profile.signed_requests) return error(400, "invalid_request_object", "this client signs its requests (RFC 9101)");
  if (!form) return form;
  const auto proof = dpop_of(call);
  if (!proof) return std::unexpected(proof.error());
  if (!dpop_alg_fits(call.request, client.profile)) return error(400, "invalid_dpop_proof", "PS256, ES256 or EdDSA for this client");
  if (proof->empty()) return form;
  OAUTH_TRY(const auto confirmation, json::parse(*proof), "invalid_dpop_proof");
  const auto thumbprint = confirmation.string_at("jkt").value_or("");
  const auto said = form->get("dpop_jkt");
  if (said && *said != thumbprint) return error(400, "invalid_dpop_proof", "dpop_jkt is not the key of the proof");
  if (said) return form;
  OAUTH_TRY(auto bound, http::Form::parse(query_of(*form) + "&dpop_jkt=" + std::string(thumbprint)), "invalid_request");
  return bound;
}

Answer push(const Call& call) {
  const auto found = needed_client(call);
  if (!found) return std::unexpected(found.error());
  const Client& client = **found;
  const auto form = pushed_form(call, client);
  if (!form) return std::unexpected(form.error());
  // [FAPI 2.0 SP §5.3.2.2] said, not guessed
  if (!form->get("redirect_uri")) return error(400, "invalid_request", "redirect_uri is needed");
  const auto checked = check_authorization(call.rooms, client, *form);
  if (!checked) return std::unexpected(checked.error().error);
  if (!clients::confidential(client.record, client.profile))
    if (const auto may = may_keep(call.rooms, call.address, call.now); !may) return may;
  const auto uri = keep_request(call.rooms, client, *form, call.now);
  if (!uri) return std::unexpected(uri.error());
  json_head(call.response);
  cors(call.request, call.response, {});
  call.response.status = 201;
  json::Writer(call.response.body).object().member("request_uri", *uri).member("expires_in", kLives.count()).end_object();
  return {};
}

}  // namespace

Answer may_keep(Rooms& rooms, const net::Address& from, Instant now) {
  if (rooms.people.guesses().take("kept for strangers", from, kStrangers, now)) return {};
  return error(429, "temporarily_unavailable", "too many requests from this network");
}

Or<std::string> keep_request(Rooms& rooms, const Client& client, const http::Form& form, Instant now) {
  std::array<std::uint8_t, 32> octets;
  OAUTH_TRY_VOID(rooms.entropy.fill(octets));
  const auto reference = base64url::encode(octets);
  ledger::Ticket t;
  t.id = id_of(reference);
  t.kind = ledger::TicketKind::Pushed;
  t.client = client.record.id;
  t.data = query_of(form);
  // [RFC9126 §2.3]
  if (t.data.size() > kMost) return error(413, "invalid_request", "the request is longer than 32 KiB");
  t.created = now;
  t.expires = now + kLives;
  OAUTH_TRY_VOID(rooms.ledger.commit({ledger::Insert<ledger::Ticket>{std::move(t)}}));
  return std::string(kPrefix) + reference;
}

Answer begin_pushed(Rooms& rooms, const Pushed& pushed) {
  OAUTH_TRY(auto ticket, rooms.ledger.ticket(pushed.id), "invalid_request_uri");
  if (!ticket || ticket->used || ticket->expires != ticket->created + kLives) return {};
  ticket->expires = ticket->created + kTakes;
  const auto done = rooms.ledger.commit({ledger::Update<ledger::Ticket>{*std::move(ticket)}});
  // Somebody else was first: it is begun.
  if (!done && done.error().is_fault()) return std::unexpected(error_of(done.error(), "invalid_request_uri"));
  return {};
}

Or<Pushed> pushed_request(Rooms& rooms, const Client& client, std::string_view uri, Instant now) {
  const auto unknown = error(400, "invalid_request_uri", "the pushed request is not known, was used, or has expired");
  if (!uri.starts_with(kPrefix)) return error(400, "invalid_request_uri", "only requests that were pushed here are taken");
  Pushed pushed;
  pushed.id = id_of(uri.substr(kPrefix.size()));
  OAUTH_TRY(const auto ticket, rooms.ledger.ticket(pushed.id), "invalid_request_uri");
  if (!ticket || ticket->kind != ledger::TicketKind::Pushed || ticket->used || ticket->expires <= now || ticket->client != client.record.id)
    return unknown;
  OAUTH_TRY(pushed.form, http::Form::parse(ticket->data), "invalid_request_uri");
  return pushed;
}

void par(Rooms& rooms, const http::Request& request, http::Response& response, Instant now) {
  if (cors(request, response, "POST")) return;
  response.clear();
  const auto call = call_of(rooms, request, response, now);
  if (!call) return write(call.error(), request, response);
  if (const auto done = push(*call); !done) write(done.error(), request, response);
}

}  // namespace jeton::protocols::oauth
