// Authorization codes: issued, and redeemed once.
#include <algorithm>

#include "authority/grants/grants.h"
#include "authority/policy/scopes.h"
#include "blocks/json/writer.h"
#include "ground/base64url.h"
#include "ground/secret_pass.h"

namespace jeton::grants {
namespace {

constexpr Seconds kCodeLives{60};
constexpr int kRounds = 8;
constexpr auto kDenied = Refusal::Denied;

std::string write(const Approval& a) {
  std::string out;
  json::Writer w(out);
  w.object().member("api", a.api.text()).strings("scopes", a.scopes).member("session", a.session.text());
  w.member("login", a.login.text()).member("auth_time", a.proof.authenticated.seconds()).member("amr", a.proof.methods);
  w.member("acr", a.proof.acr).member("nonce", a.nonce).member("redirect", a.redirect).member("challenge", a.challenge);
  w.member("confirmation", a.confirmation).member("claims", a.claims);
  w.member("details", a.details).end_object();
  return out;
}

Result<Approval> read(const ledger::Ticket& ticket) {
  constexpr auto damaged = Fault::StoreCorrupt;
  TRY(const auto v, json::parse(ticket.data));
  Approval a;
  a.principal = ticket.principal;
  a.client = ticket.client;
  a.agreed = ticket.created;
  const auto text = [&v](std::string_view name) { return std::string(v.string_at(name).value_or("")); };
  const auto api = ApiId::parse(text("api"));
  const auto session = TokenId::parse(text("session")), login = TokenId::parse(text("login"));
  const auto* time = v.find("auth_time");
  const auto* scopes = v.find("scopes");
  if (!api || !session || !login || time == nullptr || !time->integer() || scopes == nullptr || scopes->array() == nullptr)
    return fault(damaged);
  a.api = *api;
  a.session = *session;
  a.login = *login;
  for (const auto& s : *scopes->array()) a.scopes.emplace_back(s.string().value_or(""));
  a.proof = {Instant::from_seconds(*time->integer()), text("amr"), text("acr")};
  a.nonce = text("nonce");
  a.redirect = text("redirect");
  a.challenge = text("challenge");
  a.confirmation = text("confirmation");
  a.claims = text("claims");
  a.details = text("details");
  return a;
}

std::string challenge_of(std::string_view verifier) { return base64url::encode(crypto::sha256(as_bytes(verifier))); }

// [RFC7636 §4.6] BASE64URL(SHA256(verifier)) == challenge. The length is checked; of the alphabet a common client uses more than
// RFC 7636 §4.1 allows, and the hash does not care.
bool proves(const std::optional<std::string_view>& verifier, const std::string& challenge) {
  if (challenge.empty()) return !verifier;
  if (!verifier || verifier->size() < 43 || verifier->size() > 128) return false;
  return equal_constant_time(as_bytes(challenge_of(*verifier)), as_bytes(challenge));
}

// What a code that was used is known by for as long as something that came of it may live: all that made its use a good one. Whoever
// finds an old code alone, in a log or a history, ends nothing with it.
crypto::Sha256Digest used_id(std::string_view code, std::string_view redirect, std::string_view challenge) {
  std::string what("used code\n");
  what.append(code).append("\n").append(challenge).append("\n").append(redirect);
  return crypto::sha256(as_bytes(what));
}

ledger::Change remember(const ledger::Ticket& code, const crypto::Sha256Digest& id, Instant until, Instant now) {
  ledger::Ticket t;
  t.id = id;
  t.kind = ledger::TicketKind::Code;
  t.token = code.token;
  t.principal = code.principal;
  t.client = code.client;
  t.created = now;
  t.used = now;
  t.expires = std::max(code.expires, until);
  return ledger::Insert<ledger::Ticket>{std::move(t)};
}

}  // namespace

Result<Secret> Grants::issue_code(const Approval& approval, const audit::Doing& doing) {
  TRY(auto code, mint::handle(ledger_, peppers_, opaque::Kind::Ac, entropy_));
  ledger::Ticket t;
  t.id = code.hash;
  t.pepper = code.pepper;
  t.kind = ledger::TicketKind::Code;
  TRY(t.token, TokenId::make(doing.now, entropy_));   // of the grant that it will make
  t.principal = approval.principal;
  t.client = approval.client;
  t.data = write(approval);
  t.created = doing.now;
  t.expires = doing.now + kCodeLives;
  TRY(auto event, audit::event(doing, "grant.approve", t.token.text(), entropy_, "{\"client\":\"" + approval.client.text() + "\"}"));
  auto agreed = approval.scopes;
  agreed.insert(agreed.end(), approval.disclosed.begin(), approval.disclosed.end());
  TRY(agreed, policy::canonical(std::move(agreed)));
  for (int round = 1;; ++round) {
    std::vector<ledger::Change> changes{ledger::Insert<ledger::Ticket>{t}, event};
    TRY(auto consented, consent(approval.principal, approval.client, approval.api, agreed, doing.now));
    if (consented) changes.push_back(*std::move(consented));
    const auto done = ledger_.commit(std::move(changes));
    if (done) return std::move(code.text);
    // Another tab was let in meanwhile: what is agreed to is looked at again.
    if (!done.error().is(Refusal::Conflict) || round == kRounds) return std::unexpected(done.error());
  }
}

// [RFC6749 §4.1.2] used more than once: all that came of it ends
Failure Grants::used_before(const TokenId& grant, const audit::Doing& doing) {
  const auto done = end(grant, ledger::EndReason::FamilyReuse, doing);
  return done ? Failure(kDenied, "the code was used before; its tokens have been revoked") : done.error();
}

// [OAuth 2.1 §4.1.3] A code that is over; once more in a request that would have been good, it ends what it gave.
Failure Grants::long_over(const crypto::Sha256Digest& id, const Presented& by, const audit::Doing& doing) {
  const auto before = ledger_.ticket(id);
  if (!before) return before.error();
  const auto& t = *before;
  if (!t || t->kind != ledger::TicketKind::Code || t->expires <= doing.now || t->client != by.client.id)
    return Failure(kDenied, "the code is not known, or has expired");
  return used_before(t->token, doing);
}

Result<Granted> Grants::redeem_code(std::string_view text, std::string_view redirect, std::optional<std::string_view> verifier,
                                    const Presented& by, const audit::Doing& doing) {
  TRY(const auto ticket, mint::find_ticket(ledger_, peppers_, opaque::Kind::Ac, text));
  const auto as_used = used_id(text, redirect, verifier ? challenge_of(*verifier) : "");
  if (!ticket || ticket->kind != ledger::TicketKind::Code || ticket->expires <= doing.now)
    return std::unexpected(long_over(as_used, by, doing));
  // [RFC6749 §4.1.3] bound to the client it was issued to: another one learns and changes nothing
  if (ticket->client != by.client.id) return refuse(kDenied, "the code was issued to another client");
  if (ticket->used) return std::unexpected(used_before(ticket->token, doing));
  TRY(const auto approval, read(*ticket));
  const bool same_redirect = approval.redirect == redirect || (redirect.empty() && approval.redirect.empty());
  if (!same_redirect) return refuse(kDenied, "redirect_uri is not the one of the authorization request");
  if (!proves(verifier, approval.challenge)) return refuse(kDenied, "code_verifier does not fit the code_challenge");
  if (!approval.confirmation.empty() && by.confirmation != "{\"jkt\":\"" + approval.confirmation + "\"}")
    return refuse(kDenied, "the DPoP key is not the one of the authorization request");
  TRY(auto made, fresh(approval, ticket->token, by, doing.now));
  made.changes.insert(made.changes.begin(), ledger::Consume{ticket->id, ledger::TicketKind::Code, doing.now, {}});
  TRY(auto event, audit::event(doing, "grant.create", ticket->token.text(), entropy_, "{\"client\":\"" + by.client.id.text() + "\"}"));
  made.changes.push_back(std::move(event));
  made.changes.push_back(remember(*ticket, as_used, *made.granted.grant.expires, doing.now));
  TRY(const bool may, may_go_on(made.granted.grant, by, doing.now));
  TRY(const bool agreed, stands(approval, doing.now));
  if (!may || !agreed) return refuse(kDenied, "the user or the session may not act any more");
  const auto done = ledger_.commit(std::move(made.changes));
  // Another one was first: what it made ends, too.
  if (!done && done.error().is(Refusal::Conflict)) return std::unexpected(used_before(ticket->token, doing));
  if (!done && done.error().is(Refusal::NotFound)) return refuse(kDenied, "the code is not known, or has expired");
  if (!done) return std::unexpected(done.error());
  made.granted.nonce = approval.nonce;
  return std::move(made.granted);
}

}  // namespace jeton::grants
