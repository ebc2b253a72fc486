// Passwords that were forgotten: what is asked for by anybody, and what only the person gets.
#include "authority/people/people.h"

namespace jeton::people {
namespace {

constexpr Seconds kLinkLives{1800};
// Of one network: so that nobody fills mailboxes. Of one account, from wherever: what was sent is in the
// mailbox already.
constexpr Throttle::Pace kNetwork{20, 1.0 / 30}, kAccount{3, 1.0 / 1200};

}  // namespace

Status People::forgot(std::string_view name, const audit::Doing& doing) {
  if (!throttle_.take("\2", doing.by.address, kNetwork, doing.now))
    return refuse(Refusal::RateLimited, "too much is asked for; wait a minute");
  // Counted by what was typed, so that it says nothing of who exists.
  if (!throttle_.take("\2" + std::string(name), {}, kAccount, doing.now)) return {};
  TRY(const auto user, ledger_.principal_named(PrincipalKind::User, name));
  // One commit of one row either way.
  TRY(auto event, audit::event(doing, "user.forgot_password", user ? user->id.text() : "", entropy_));
  TRY_VOID(ledger_.commit({std::move(event)}));
  return {};
}

Result<std::optional<Replacement>> People::replacement(const PrincipalId& id, Instant now) {
  TRY(auto user, ledger_.principal(id));
  if (!user || user->standing != ledger::Standing::Active) return std::nullopt;
  // Who logs in by other ways alone does not get a weaker one by mail.
  TRY(const auto password, one(id, ledger::CredentialKind::Password));
  if (!password) return std::nullopt;
  TRY(auto link, mint::handle(ledger_, peppers_, opaque::Kind::Inv, entropy_));
  ledger::Ticket t;
  t.id = link.hash;
  t.pepper = link.pepper;
  t.kind = ledger::TicketKind::Link;
  t.principal = id;
  t.created = now;
  t.expires = now + kLinkLives;
  return Replacement{*std::move(user), std::move(link.text), t.expires, ledger::Insert<ledger::Ticket>{std::move(t)}};
}

// A link is for the password that was there when it was made; once that is another one, nothing is left to
// replace.
Status People::outlives_password(const ledger::Ticket& link) {
  TRY(const auto password, one(link.principal, ledger::CredentialKind::Password));
  if (password && link.created < password->updated) return refuse(Refusal::NotFound);
  return {};
}

}  // namespace jeton::people
