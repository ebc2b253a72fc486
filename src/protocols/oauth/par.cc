#include "protocols/oauth/par.h"

#include "blocks/json/writer.h"
#include "ground/base64url.h"
#include "protocols/oauth/authorization.h"

namespace jeton::protocols::oauth {
namespace {

constexpr std::string_view kPrefix = "urn:ietf:params:oauth:request_uri:";
constexpr Seconds kLives{90};
// Not part of the authorization request: how the client showed who it is.
constexpr std::array<std::string_view, 3> kAuthentication = {"client_secret", "client_assertion", "client_assertion_type"};

crypto::Sha256Digest id_of(std::string_view reference) { return crypto::sha256(as_bytes("pushed " + std::string(reference))); }

Answer push(const Call& call) {
  auto client = needed_client(call);
  if (!client) return std::unexpected(client.error());
  // [RFC9126 §2.1] not within itself
  if (call.form.get("request_uri")) return error(400, "invalid_request", "request_uri is not pushed");
  std::string query;
  for (const auto& [name, value] : call.form.all()) {
    if (std::find(kAuthentication.begin(), kAuthentication.end(), name) != kAuthentication.end()) continue;
    if (!query.empty()) query += '&';
    query += http::percent_encode(name) + "=" + http::percent_encode(value);
  }
  const auto id = client->record.id;
  const auto checked = check_authorization(call.rooms, *std::move(client), call.form);
  if (!checked) return std::unexpected(checked.error().error);
  std::array<std::uint8_t, 32> octets;
  OAUTH_TRY_VOID(call.rooms.entropy.fill(octets));
  const auto reference = base64url::encode(octets);
  ledger::Ticket t;
  t.id = id_of(reference);
  t.kind = ledger::TicketKind::Pushed;
  t.client = id;
  t.data = std::move(query);
  t.created = call.now;
  t.expires = call.now + kLives;
  OAUTH_TRY_VOID(call.rooms.ledger.commit({ledger::Insert<ledger::Ticket>{std::move(t)}}));
  json_head(call.response);
  cors(call.request, call.response, {});
  call.response.status = 201;
  json::Writer(call.response.body).object().member("request_uri", std::string(kPrefix) + reference).member("expires_in", kLives.count()).end_object();
  return {};
}

}  // namespace

Or<Pushed> pushed_request(Rooms& rooms, const Client& client, std::string_view uri, Instant now) {
  const auto unknown = error(400, "invalid_request_uri", "the pushed request is not known, was used, or has expired");
  if (!uri.starts_with(kPrefix)) return error(400, "invalid_request_uri", "only requests that were pushed here are taken");
  Pushed pushed;
  pushed.id = id_of(uri.substr(kPrefix.size()));
  OAUTH_TRY(const auto ticket, rooms.ledger.ticket(pushed.id), "invalid_request_uri");
  if (!ticket || ticket->kind != ledger::TicketKind::Pushed || ticket->used || ticket->expires <= now || ticket->client != client.record.id) return unknown;
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
