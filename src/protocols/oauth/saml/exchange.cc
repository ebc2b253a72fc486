// RFC 8693 with SAML: out to a service provider, and back for the token it came from.
#include <algorithm>

#include "authority/federation/service_providers.h"
#include "authority/policy/scopes.h"
#include "blocks/crypto/hash.h"
#include "blocks/json/writer.h"
#include "formats/saml/names.h"
#include "ground/base64url.h"
#include "ground/secret_pass.h"
#include "protocols/oauth/proof/binding.h"
#include "protocols/oauth/saml/assertion.h"
#include "protocols/oauth/saml/bearer.h"
#include "protocols/sso/asking.h"
#include "protocols/sso/issuer.h"

namespace jeton::protocols::oauth {
namespace {

crypto::Sha256Digest issued_row(std::string_view assertion_id) {
  return crypto::sha256(as_bytes("saml issued\n" + std::string(assertion_id)));
}

std::unexpected<Error> invalid() { return error(400, "invalid_request", "the subject token is not valid"); }

// [RFC8693 §2.1] audience: the service provider, by its entity name or id.
Or<federation::ServiceProvider> target(const Call& call) {
  const auto named = call.form.get("audience") ? call.form.get("audience") : call.form.get("resource");
  if (!named) return error(400, "invalid_target", "audience: which service provider?");
  OAUTH_TRY(auto sp, federation::ServiceProviders(call.rooms.ledger, call.rooms.entropy).find(*named), "invalid_target");
  return sp;
}

Result<sso::Person> person_of(Rooms& rooms, const ledger::Token& subject) {
  TRY(const auto user, rooms.ledger.principal(subject.principal));
  if (!user || user->standing != ledger::Standing::Active || user->id.kind() != PrincipalKind::User)
    return refuse(Refusal::Denied, "only a user's token can be exchanged");
  return sso::Person{user->id, user->name, user->email, user->metadata, subject.created, {}, {}, subject.expires};
}

Status remember(Rooms& rooms, const ledger::Token& subject, const federation::ServiceProvider& sp, const sso::Bearer& made,
                const audit::Doing& doing) {
  ledger::Ticket t;
  t.id = issued_row(made.id);
  t.kind = ledger::TicketKind::Challenge;
  t.token = subject.id;
  t.principal = subject.principal;
  t.client = sp.client;
  t.data = sp.entity();
  t.created = doing.now;
  t.expires = made.not_on_or_after;
  TRY(auto event, audit::event(doing, "token.exchange_saml", subject.id.text(), rooms.entropy, "{\"provider\":\"" + sp.id() + "\"}"));
  TRY_VOID(rooms.ledger.commit({ledger::Insert<ledger::Ticket>{std::move(t)}, std::move(event)}));
  return {};
}

// Ours, by the keys we sign with or did, for one of the client's service providers.
Result<saml::Login> ours(const Call& call, const Client& client, std::string_view text) {
  std::vector<crypto::VerifyKey> keys;
  const auto ring = call.rooms.signing_keys.ring();
  for (const auto& entry : ring->entries())
    if ((entry.verify.alg() == federation::kRsa || entry.verify.alg() == federation::kEcdsa) && entry.api.none())
      keys.push_back(entry.verify);
  const auto us = sso::entity(call.rooms);
  TRY(const auto all, federation::ServiceProviders(call.rooms.ledger, call.rooms.entropy).list());
  Result<saml::Login> login = refuse(Refusal::Denied, "this client speaks for no service provider");
  for (const auto& sp : all) {
    if (sp.client.none() || sp.client != client.record.id) continue;
    const auto* consumer = saml::endpoint_of(sp.role().assertion_consumers, saml::kHttpPost);
    login = saml::verify_assertion(
        text, {.idp = us, .idp_keys = keys, .sp = sp.entity(), .acs = consumer->location, .request_id = std::nullopt, .decryption = {}},
        call.now);
    if (login || !login.error().is(Refusal::WrongAudience)) return login;
  }
  return login;
}

// The token it came from, while that lives. The assertion is used up.
Result<ledger::Token> origin_of(const Call& call, const Client& client, const saml::Login& login) {
  const auto row = issued_row(login.assertion_id);
  TRY(const auto ticket, call.rooms.ledger.ticket(row));
  if (!ticket || ticket->client != client.record.id) return refuse(Refusal::Denied, "not an assertion that a token was exchanged for");
  const auto used = call.rooms.ledger.commit({ledger::Consume{row, ledger::TicketKind::Challenge, call.now, {}}});
  if (!used && used.error().is_fault()) return std::unexpected(used.error());
  if (!used) return refuse(Refusal::Denied, "the assertion was used before");
  TRY(const auto token, call.rooms.ledger.token(ticket->token));
  TRY(const auto user, call.rooms.ledger.principal(ticket->principal));
  const bool live = token && !token->ended && (!token->expires || call.now < *token->expires) &&
                    (!token->overlap_until || call.now < *token->overlap_until);
  if (!live || !user || user->standing != ledger::Standing::Active) return refuse(Refusal::Revoked, "the token it came from has ended");
  return *token;
}

}  // namespace

Answer exchange_for_saml(const Call& call, const ledger::Token& subject) {
  const auto sp = target(call);
  if (!sp) return std::unexpected(sp.error());
  // Else any token would be a login anywhere.
  if (sp->exchange_scope.empty()) return error(400, "invalid_target", "no token is exchanged for this service provider");
  if (!std::binary_search(subject.scopes.begin(), subject.scopes.end(), sp->exchange_scope))
    return error(400, "invalid_scope", "the subject token does not have the service provider's scope");
  if (!subject.confirmation.empty()) return error(400, "invalid_request", "a bound token is not exchanged for what is not bound");
  auto& rooms = call.rooms;
  OAUTH_TRY(const auto person, person_of(rooms, subject), "invalid_request");
  OAUTH_TRY(const auto key, sso::signing_key(rooms, sp->signs(), call.now), "server_error");
  OAUTH_TRY(const auto pairwise, federation::ServiceProviders(rooms.ledger, rooms.entropy).pairwise_name(sp->entity(), person.id),
            "server_error");
  OAUTH_TRY(const auto made, sso::bearer_assertion(person, *sp, pairwise, {sso::entity(rooms), key}, rooms.entropy, call.now),
            "invalid_target");
  const auto actor = actor_of(call, subject.id.text());
  OAUTH_TRY_VOID(remember(rooms, subject, *sp, made, {actor, call.now}));
  json_head(call.response);
  cors(call.request, call.response, {});
  json::Writer w(call.response.body);
  w.object().member("access_token", base64url::encode(as_bytes(made.xml))).member("issued_token_type", kSamlToken);
  w.member("token_type", "N_A").member("expires_in", made.not_on_or_after.seconds() - call.now.seconds()).end_object();
  return {};
}

Answer exchange_saml(const Call& call) {
  const auto found = needed_client(call);
  if (!found) return std::unexpected(found.error());
  const Client& client = **found;
  if (!clients::confidential(client.record, client.profile))
    return error(400, "unauthorized_client", "a public client speaks for no service provider");
  const auto proof = binding_of(call, client);
  if (!proof) return std::unexpected(proof.error());
  const auto parameter = call.form.get("subject_token");
  if (!parameter) return error(400, "invalid_request", "subject_token is needed");
  const auto text = decode_assertion(*parameter);
  const auto issuer = text ? claimed_issuer(*text) : std::unexpected(text.error());
  if (!issuer) return invalid();
  if (*issuer != sso::entity(call.rooms))
    return error(400, "invalid_request", "another issuer's assertion is a grant: use grant_type saml2-bearer");
  const auto scopes = policy::parse_scopes(call.form.get("scope").value_or(""));
  if (!scopes) return error(400, "invalid_scope");
  const auto login = ours(call, client, *text);
  if (!login && login.error().is_fault()) return std::unexpected(error_of(login.error(), "invalid_request"));
  if (!login) return invalid();
  OAUTH_TRY(const auto subject, origin_of(call, client, *login), "invalid_request");
  OAUTH_TRY(const auto api, call.rooms.apis.find(subject.api.text()), "invalid_target");
  const auto actor = actor_of(call, client.record.id.text());
  auto minted =
      call.rooms.access_tokens.mint({subject, api, *scopes, std::nullopt, *proof}, *call.rooms.signing_keys.ring(), {actor, call.now});
  if (!minted && minted.error().is(Refusal::Denied)) return error(400, "invalid_scope", "wider than the subject token");
  if (!minted) return std::unexpected(error_of(minted.error(), "invalid_request"));
  json_head(call.response);
  cors(call.request, call.response, {});
  json::Writer w(call.response.body);
  w.object()
      .member("access_token", as_text(minted->text.read(Pass::key())))
      .member("issued_token_type", "urn:ietf:params:oauth:token-type:access_token");
  w.member("token_type", type_of(*proof)).member("expires_in", minted->expires.seconds() - call.now.seconds());
  w.member("scope", policy::joined(minted->scopes)).end_object();
  return {};
}

}  // namespace jeton::protocols::oauth
