#include "protocols/oauth/client_auth.h"

#include "blocks/http/authorization.h"
#include "formats/jose/jwt.h"
#include "protocols/counted.h"
#include "protocols/oauth/client_document.h"
#include "protocols/oauth/proof/binding.h"
#include "protocols/oauth/proof/keys.h"
#include "protocols/oauth/saml/bearer.h"

namespace jeton::protocols::oauth {
namespace {

using clients::AuthMethod;

constexpr std::string_view kJwtBearer = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
constexpr Seconds kLongestAssertion{3600}, kLeeway{30};

std::unexpected<Error> unknown() { return error(401, "invalid_client", "client authentication failed"); }

// What the client registered; where it registered nothing, either place for its secret.
bool registered(const Client& client, AuthMethod used) {
  if (client.profile.auth == AuthMethod::Any) return used == AuthMethod::Basic || used == AuthMethod::Post;
  return client.profile.auth == used;
}

Or<ClientPtr> by_secret(const Call& call, std::string_view id, std::string_view secret, AuthMethod method) {
  auto record = call.rooms.clients.authenticate(id, secret, call.now);
  if (!record && record.error().is_fault()) return std::unexpected(error_of(record.error(), "invalid_client"));
  if (!record) return unknown();
  auto profile = clients::read_profile(*record);
  if (!profile) return std::unexpected(error_of(profile.error(), "invalid_client"));
  auto client = std::make_unique<const Client>(*std::move(record), *std::move(profile));
  if (!registered(*client, method)) return error(401, "invalid_client", "not the token_endpoint_auth_method that the client registered");
  return client;
}

// Marks a `jti` as seen until it would have expired anyway. False where it was seen before.
Or<bool> first_sight(const Call& call, std::string_view of, std::string_view jti, Instant expires) {
  ledger::Ticket t;
  t.id = crypto::sha256(as_bytes("jti " + std::string(of) + " " + std::string(jti)));
  t.kind = ledger::TicketKind::Seen;
  t.created = call.now;
  t.expires = expires + kLeeway;
  const auto done = call.rooms.ledger.commit({ledger::Insert<ledger::Ticket>{std::move(t)}});
  if (!done && done.error().is_fault()) return std::unexpected(error_of(done.error(), "invalid_client"));
  return done.has_value();
}

bool for_issuer_or_endpoint(const Call& call, const jose::Claims& claims) {
  const auto& issuer = call.rooms.facts.issuer;
  return claims.has_audience(issuer) || claims.has_audience(issuer + "/oauth/token") ||
         claims.has_audience(issuer + std::string(call.request.path));
}

// [FAPI 2.0 SP §5.3.2.1] a text, so that nobody else can take it as made for him
bool for_issuer_alone(const Call& call, const jose::Claims& claims) {
  return claims.aud.starts_with('"') && claims.has_audience(call.rooms.facts.issuer);
}

// [RFC7523 §3, OIDC Core §9] iss = sub = client_id, for us, soon over, and once.
Or<ClientPtr> by_assertion(const Call& call, std::string_view assertion) {
  thread_local jose::JwtRoom room;
  const auto parsed = jose::ParsedJwt::parse(assertion, room);
  if (!parsed) return unknown();
  // Whose keys to look for is read before the signature; nothing else is.
  const auto unverified = json::parse(parsed->unverified_payload());
  const auto sub = unverified ? unverified->string_at("sub") : std::nullopt;
  const auto named = call.form.get("client_id");
  if (!sub || (named && *named != *sub)) return unknown();
  auto found = find_client(call.rooms, *sub);
  if (!found && found.error().is_fault()) return std::unexpected(error_of(found.error(), "invalid_client"));
  if (!found || found->profile.auth != AuthMethod::PrivateKeyJwt) return unknown();
  const auto key = client_key(call.rooms, *found, parsed->header());
  if (!key && key.error().is_fault()) return std::unexpected(error_of(key.error(), "invalid_client"));
  if (!key) return unknown();
  const auto verified = parsed->verify(*key);
  if (!verified) return unknown();
  const auto& claims = jose::read_claims(*verified);
  const auto& typ = parsed->header().typ;
  if (!claims || (!typ.empty() && typ != "JWT" && typ != "client-authentication+jwt")) return unknown();
  const bool for_us = found->profile.fapi ? for_issuer_alone(call, *claims) : for_issuer_or_endpoint(call, *claims);
  if (claims->iss != *sub || claims->sub != *sub || !for_us || claims->jti.empty() || !claims->exp) return unknown();
  const auto expires = Instant::from_seconds(*claims->exp);
  if (call.now >= expires + kLeeway || expires > call.now + kLongestAssertion) return unknown();
  // [FAPI 2.0 SP §5.3.2.1] made now, by a clock that may be a little ahead
  for (const auto& since : {claims->nbf, claims->iat})
    if (since && call.now + kLeeway < Instant::from_seconds(*since)) return unknown();
  const auto first = first_sight(call, *sub, claims->jti, expires);
  if (!first) return std::unexpected(first.error());
  if (!*first) return error(401, "invalid_client", "the client assertion was used before");
  return std::make_unique<const Client>(*std::move(found));
}

Or<ClientPtr> by_id(const Call& call, std::string_view id) {
  auto client = find_client(call.rooms, id);
  if (!client && client.error().is_fault()) return std::unexpected(error_of(client.error(), "invalid_client"));
  if (!client) return unknown();
  // [RFC6749 §3.2.1] a client that can keep a secret, or has a certificate, shows it
  const bool needs = clients::confidential(client->record, client->profile) || clients::by_key(client->profile.auth);
  if (needs && !shown_by_certificate(call, *client)) return unknown();
  return std::make_unique<const Client>(*std::move(client));
}

Or<ClientPtr> identify(const Call& call) {
  const auto basic = http::basic(call.request);
  if (!basic) return error(400, "invalid_request", "the Authorization field is malformed");
  const auto id = call.form.get("client_id");
  auto secret = call.form.get("client_secret");
  if (secret && secret->empty()) secret.reset();
  const auto assertion = call.form.get("client_assertion");
  // [RFC6749 §2.3] one method a request
  if ((*basic ? 1 : 0) + (secret ? 1 : 0) + (assertion ? 1 : 0) > 1)
    return error(400, "invalid_request", "more than one way to authenticate");
  Or<ClientPtr> client = unknown();
  if (*basic) {
    if (id && *id != (*basic)->user) return error(400, "invalid_request", "client_id is not the one that authenticates");
    client =
        (*basic)->password.empty() ? by_id(call, (*basic)->user) : by_secret(call, (*basic)->user, (*basic)->password, AuthMethod::Basic);
  } else if (assertion) {
    const auto type = call.form.get("client_assertion_type");
    if (type != kJwtBearer && type != kSamlClientAssertion)
      return error(400, "invalid_request", "client_assertion_type is neither the JWT bearer one nor the SAML one");
    client = type == kSamlClientAssertion ? client_by_saml(call, *assertion) : by_assertion(call, *assertion);
  } else if (secret) {
    client = by_secret(call, id.value_or(""), *secret, AuthMethod::Post);
  } else if (id) {
    client = by_id(call, *id);
  } else {
    return nullptr;
  }
  if (!client) return client;
  if (!call.rooms.verifier.lets_in((*client)->record.network, call.address))
    return error(401, "invalid_client", "the client may not call from this network");
  if (const auto limit = charge(call.rooms, call.request, CountedFor::Client, {.client = &(*client)->record.id.ulid()}, call.now))
    return std::unexpected(Error{429, "temporarily_unavailable", "the client is over its limit", {}, limit});
  return client;
}

}  // namespace

Result<Client> find_client(Rooms& rooms, std::string_view id) {
  if (is_document(id)) return client_of_document(rooms, id);
  const auto parsed = ClientId::parse(id);
  if (!parsed) return refuse(Refusal::NotFound);
  TRY(auto record, rooms.clients.find(*parsed));
  if (record.standing != ledger::Standing::Active) return refuse(Refusal::NotFound);
  TRY(auto profile, clients::read_profile(record));
  return Client{std::move(record), std::move(profile)};
}

Or<ClientPtr> client_of(const Call& call) { return identify(call); }

Or<ClientPtr> needed_client(const Call& call) {
  auto client = identify(call);
  if (client && !*client) return unknown();
  return client;
}

}  // namespace jeton::protocols::oauth
