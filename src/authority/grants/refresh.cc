// Refresh tokens: one family a grant, rotated at every use.
#include <algorithm>

#include "authority/grants/grants.h"
#include "authority/policy/scopes.h"
#include "ground/secret_pass.h"

namespace jeton::grants {
namespace {

// A lost answer is asked for again within seconds; two tabs are not further apart. Half a minute is what clients are promised (FAPI 2.0 SP
// §5.3.2.1), and that after what they waited for the answer.
constexpr Seconds kReplay{60};
constexpr auto kDenied = Refusal::Denied;

std::string row(const crypto::Sha256Digest& id) { return to_hex(id); }

bool live(const ledger::Token& t, Instant now) { return !t.ended && t.hold == ledger::Hold::None && (!t.expires || now < *t.expires); }

}  // namespace

Result<std::pair<Secret, ledger::Change>> Grants::refresh_ticket(const ledger::Token& grant, const clients::Profile& profile, Instant now) {
  TRY(const auto settings, policy::read_settings(ledger_));
  TRY(auto made, mint::handle(ledger_, peppers_, opaque::Kind::Rt, entropy_));
  ledger::Ticket t;
  t.id = made.hash;
  t.pepper = made.pepper;
  t.kind = ledger::TicketKind::Refresh;
  t.token = grant.id;
  t.principal = grant.principal;
  t.client = grant.client;
  t.created = now;
  t.expires = now + profile.refresh_ttl.value_or(settings.refresh_idle);
  if (grant.expires) t.expires = std::min(t.expires, *grant.expires);
  return std::pair<Secret, ledger::Change>(std::move(made.text), ledger::Insert<ledger::Ticket>{std::move(t)});
}

// One predicate for every path: user, client and grant, and the session where the grant hangs on one.
Result<bool> Grants::may_go_on(const ledger::Token& grant, const Presented& by, Instant now) {
  return grant.client == by.client.id ? may_act(grant, by.client, now) : false;
}

Result<bool> Grants::may_act(const ledger::Token& grant, const ledger::Client& client, Instant now) {
  if (!live(grant, now) || client.standing != ledger::Standing::Active) return false;
  TRY(const auto user, ledger_.principal(grant.principal));
  if (!user || user->standing != ledger::Standing::Active) return false;
  TRY(const auto api, ledger_.api(grant.api));
  if (!api || api->deleted) return false;
  return lives(grant.parent, now);
}

Result<bool> Grants::lives(const TokenId& session, Instant now) {
  if (session.none()) return true;
  TRY(const auto token, ledger_.token(session));
  return token && live(*token, now);
}

// [RFC9700 §4.14.2] Used twice: thief and owner cannot be told apart, so the family ends, and no other. A caller that lost the
// answer gets the same one again while nobody went on from it: there is still one chain.
Result<Grants::Refreshed> Grants::replayed(Shown shown, const audit::Doing& doing) {
  Refreshed out;
  const auto& used = shown.ticket;
  if (doing.now < *used.used + kReplay && !used.sealed.empty()) {
    TRY(auto successor, sealer_.open({"tickets", "sealed", row(used.id)}, used.sealed));
    TRY(const auto next, mint::find_ticket(ledger_, peppers_, opaque::Kind::Rt, as_text(successor.read(Pass::key()))));
    if (next && !next->used && next->expires > doing.now) {
      out.granted = remembered(std::move(shown.grant));
      out.granted->refresh = std::move(successor);
      return out;
    }
  }
  out.reused = shown.grant.id;
  TRY_VOID(end(shown.grant.id, ledger::EndReason::FamilyReuse, doing));
  return out;
}

Result<Shown> Grants::with_grant(std::optional<ledger::Ticket> ticket, const Presented& by, Instant now) {
  if (!ticket || ticket->kind != ledger::TicketKind::Refresh || ticket->expires <= now)
    return refuse(kDenied, "the refresh token is not known, or has expired");
  if (ticket->client != by.client.id) return refuse(kDenied, "the refresh token was issued to another client");
  TRY(auto grant, ledger_.token(ticket->token));
  if (!grant) return refuse(kDenied, "the grant is gone");
  return Shown{*std::move(ticket), *std::move(grant)};
}

Result<Shown> Grants::shown(std::string_view text, const Presented& by, Instant now) {
  TRY(auto ticket, mint::find_ticket(ledger_, peppers_, opaque::Kind::Rt, text));
  return with_grant(std::move(ticket), by, now);
}

bool Grants::usable(const Shown& shown, Instant now) { return !shown.ticket.used && live(shown.grant, now); }

// Nothing where another one was first: that is for the commit to say, and for nobody before it.
Result<std::optional<Grants::Refreshed>> Grants::rotate(const Shown& shown, const Presented& by, const audit::Doing& doing) {
  TRY(auto next, refresh_ticket(shown.grant, by.profile, doing.now));
  TRY(auto sealed, sealer_.seal({"tickets", "sealed", row(shown.ticket.id)}, next.first.read(Pass::key()), entropy_));
  TRY(auto event, audit::event(doing, "grant.refresh", shown.grant.id.text(), entropy_));
  ledger::Consume use{shown.ticket.id, ledger::TicketKind::Refresh, doing.now, std::move(sealed)};
  const auto done = ledger_.commit({std::move(use), std::move(next.second), std::move(event)});
  if (!done && done.error().is(Refusal::Conflict)) return std::nullopt;
  if (!done && done.error().is(Refusal::NotFound)) return refuse(kDenied, "the refresh token is not known, or has expired");
  if (!done) return std::unexpected(done.error());
  Refreshed out;
  out.granted = remembered(shown.grant);
  out.granted->refresh = std::move(next.first);
  return out;
}

Result<Grants::Refreshed> Grants::refresh(Shown shown, const Presented& by, const audit::Doing& doing) {
  for (int round = 0; round < 2; ++round) {
    TRY(const bool may, may_go_on(shown.grant, by, doing.now));
    if (!may) return refuse(kDenied, "the grant has ended");
    // [RFC9449 §5] a public client's refresh token is bound to its key
    if (!shown.grant.confirmation.empty() && shown.grant.confirmation != by.confirmation)
      return refuse(kDenied, "the refresh token is bound to another key");
    if (shown.ticket.used) return replayed(std::move(shown), doing);
    TRY(auto done, rotate(shown, by, doing));
    if (done) return *std::move(done);
    // Another tab was first: look again, it is a replay now.
    TRY(auto ticket, ledger_.ticket(shown.ticket.id));
    TRY(shown, with_grant(std::move(ticket), by, doing.now));
  }
  return refuse(kDenied, "the refresh token was used before");
}

Result<std::optional<ledger::Ticket>> Grants::refresh_in_time(std::string_view text, Instant now) {
  TRY(auto ticket, mint::find_ticket(ledger_, peppers_, opaque::Kind::Rt, text));
  if (ticket && (ticket->kind != ledger::TicketKind::Refresh || ticket->expires <= now)) ticket.reset();
  return ticket;
}

Result<std::optional<ledger::Token>> Grants::find_refresh(std::string_view text, Instant now) {
  TRY(const auto ticket, refresh_in_time(text, now));
  if (!ticket || ticket->used) return std::nullopt;
  TRY(auto grant, ledger_.token(ticket->token));
  if (!grant) return std::nullopt;
  TRY(const auto client, ledger_.client(grant->client));
  if (!client) return std::nullopt;
  TRY(const bool may, may_act(*grant, *client, now));
  if (!may) return std::nullopt;
  TRY(const auto api, ledger_.api(grant->api));
  // As it would be given now.
  grant->scopes = policy::left_of(policy::left_of(grant->scopes, client->scopes), api->scopes);
  grant->expires = grant->expires ? std::min(*grant->expires, ticket->expires) : ticket->expires;
  return grant;
}

Result<std::optional<ledger::Token>> Grants::grant_of(std::string_view text, Instant now) {
  TRY(const auto ticket, refresh_in_time(text, now));
  if (!ticket) return std::nullopt;
  TRY(auto grant, ledger_.token(ticket->token));
  if (grant && grant->ended) grant.reset();
  return grant;
}

}  // namespace jeton::grants
