// Refresh tokens: one family a grant, rotated at every use.
#include <algorithm>

#include "authority/grants/grants.h"
#include "ground/secret_pass.h"

namespace jeton::grants {
namespace {

// A lost answer is asked for again within seconds; two tabs are not further apart.
constexpr Seconds kReplay{30};
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
  if (!live(grant, now) || grant.client != by.client.id || by.client.standing != ledger::Standing::Active) return false;
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
Result<Grants::Refreshed> Grants::replayed(const ledger::Ticket& used, ledger::Token grant, const audit::Doing& doing) {
  Refreshed out;
  if (doing.now < *used.used + kReplay && !used.sealed.empty()) {
    TRY(auto successor, sealer_.open({"tickets", "sealed", row(used.id)}, used.sealed));
    TRY(const auto next, mint::find_ticket(ledger_, peppers_, opaque::Kind::Rt, as_text(successor.read(Pass::key()))));
    if (next && !next->used && next->expires > doing.now) {
      out.granted = remembered(std::move(grant));
      out.granted->refresh = std::move(successor);
      return out;
    }
  }
  out.reused = grant.id;
  TRY_VOID(end(grant.id, ledger::EndReason::FamilyReuse, doing));
  return out;
}

Result<Grants::Refreshed> Grants::refresh(std::string_view text, const Presented& by, const audit::Doing& doing) {
  for (int round = 0; round < 2; ++round) {
    TRY(const auto ticket, mint::find_ticket(ledger_, peppers_, opaque::Kind::Rt, text));
    if (!ticket || ticket->kind != ledger::TicketKind::Refresh || ticket->expires <= doing.now)
      return refuse(kDenied, "the refresh token is not known, or has expired");
    if (ticket->client != by.client.id) return refuse(kDenied, "the refresh token was issued to another client");
    TRY(auto grant, ledger_.token(ticket->token));
    if (!grant) return refuse(kDenied, "the grant is gone");
    TRY(const bool may, may_go_on(*grant, by, doing.now));
    if (!may) return refuse(kDenied, "the grant has ended");
    // [RFC9449 §5] a public client's refresh token is bound to its key
    if (!grant->confirmation.empty() && grant->confirmation != by.confirmation)
      return refuse(kDenied, "the refresh token is bound to another key");
    if (ticket->used) return replayed(*ticket, *std::move(grant), doing);
    TRY(auto next, refresh_ticket(*grant, by.profile, doing.now));
    TRY(auto sealed, sealer_.seal({"tickets", "sealed", row(ticket->id)}, next.first.read(Pass::key()), entropy_));
    TRY(auto event, audit::event(doing, "grant.refresh", grant->id.text(), entropy_));
    const auto done = ledger_.commit(
        {ledger::Consume{ticket->id, ledger::TicketKind::Refresh, doing.now, std::move(sealed)}, std::move(next.second), std::move(event)});
    // Another tab was first: look again, it is a replay now.
    if (!done && done.error().is(Refusal::Conflict)) continue;
    if (!done && done.error().is(Refusal::NotFound)) return refuse(kDenied, "the refresh token is not known, or has expired");
    if (!done) return std::unexpected(done.error());
    Refreshed out;
    out.granted = remembered(*std::move(grant));
    out.granted->refresh = std::move(next.first);
    return out;
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
  if (!grant || !live(*grant, now)) return std::nullopt;
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
