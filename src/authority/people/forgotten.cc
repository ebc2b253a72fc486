// Passwords that were forgotten: what is asked for by anybody, and what only the person gets.
#include "authority/people/people.h"
#include "blocks/json/writer.h"

namespace jeton::people {
namespace {

constexpr Seconds kLinkLives{1800};
// Of accounts with one address, so many get a letter each.
constexpr std::size_t kMostAtAddress = 10, kLongestAddress = 254;
// Of one network: so that nobody fills mailboxes. Of one account, from wherever: what was sent is in the
// mailbox already.
constexpr Throttle::Pace kNetwork{20, 1.0 / 30}, kAccount{3, 1.0 / 1200};

std::string lower(std::string_view text) {
  std::string out(text);
  for (auto& c : out) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  return out;
}

}  // namespace

// Everybody it may mean: who has the name, and each who has the address. The link goes to the address that the account has, and
// nowhere else, so nobody gets anybody else's.
Result<std::vector<PrincipalId>> People::called(std::string_view what) {
  std::vector<PrincipalId> out;
  TRY(const auto named, ledger_.principal_named(PrincipalKind::User, what));
  if (named) out.push_back(named->id);
  if (what.find('@') == std::string_view::npos || what.size() > kLongestAddress) return out;
  TRY(const auto there, ledger_.users_at(what, kMostAtAddress));
  for (const auto& user : there)
    if (!named || user.id != named->id) out.push_back(user.id);
  return out;
}

Status People::forgot(std::string_view what, const audit::Doing& doing) {
  if (!throttle_.take("\2", doing.by.address, kNetwork, doing.now))
    return refuse(Refusal::RateLimited, "too much is asked for; wait a minute");
  // Counted by what was typed, so that it says nothing of who exists.
  if (!throttle_.take("\2" + lower(what), {}, kAccount, doing.now)) return {};
  TRY(auto users, called(what));
  // And by account, which has a name and an address.
  std::erase_if(users, [&](const PrincipalId& id) { return !throttle_.take("\2" + id.text(), {}, kAccount, doing.now); });
  std::string several;
  if (users.size() > 1) {
    std::vector<std::string> ids;
    for (const auto& id : users) ids.push_back(id.text());
    json::Writer(several).object().strings("users", ids).end_object();
  }
  // One commit of one row, whomever it means.
  TRY(auto event, audit::event(doing, "user.forgot_password", users.size() == 1 ? users[0].text() : "", entropy_, std::move(several)));
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
