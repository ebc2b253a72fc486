#include "authority/people/people.h"

#include <algorithm>

#include "authority/ledger/pages.h"
#include "authority/people/totp.h"
#include "blocks/http/form.h"
#include "ground/secret_pass.h"

namespace jeton::people {
namespace {

using ledger::Credential;
using ledger::CredentialKind;

keys::Place place(const std::string& id) { return {"credentials", "sealed", id}; }

constexpr Failure kBusy(Fault::StoreUnavailable, "too many passwords are looked at; come again");

std::optional<Credential> one_among(const std::vector<Credential>& all, CredentialKind kind) {
  const auto at = std::ranges::find(all, kind, &Credential::kind);
  return at == all.end() ? std::nullopt : std::optional(*at);
}

Ways ways_among(std::vector<Credential> all) {
  Ways w;
  for (auto& c : all) {
    if (c.kind == CredentialKind::Password) w.password = true;
    if (c.kind == CredentialKind::Totp) w.totp = true;
    if (c.kind == CredentialKind::RecoveryCodes) w.recovery = true;
    if (c.kind == CredentialKind::Passkey) w.passkeys.push_back(std::move(c));
  }
  return w;
}

}  // namespace

Status good_password(const Secret& password, const ledger::Principal& user) {
  const auto text = as_text(password.read(Pass::key()));
  if (text.size() < 8) return refuse(Refusal::Invalid, "password: at least 8 characters");
  if (text.size() > crypto::kMostPassword) return refuse(Refusal::Invalid, "password: at most 1024 characters");
  if (!http::well_formed_utf8(text)) return refuse(Refusal::Invalid, "password: text in UTF-8");
  if (text == user.name || (!user.email.empty() && text == user.email))
    return refuse(Refusal::Invalid, "password: not the user's own name");
  return {};
}

Result<std::optional<Credential>> People::one(const PrincipalId& user, CredentialKind kind) {
  TRY(const auto all, ledger_.credentials(user));
  return one_among(all, kind);
}

Result<Secret> People::open(const Credential& c) const { return sealer_.open(place(c.id.text()), c.sealed); }

Result<Ways> People::ways(const PrincipalId& user) {
  TRY(auto all, ledger_.credentials(user));
  return ways_among(std::move(all));
}

Result<ledger::Change> People::replace(Credential c, const Secret& plain, Instant now, std::uint64_t counter) {
  c.pepper = 0;
  c.counter = counter;
  c.updated = now;
  TRY(c.sealed, sealer_.seal(place(c.id.text()), plain.read(Pass::key()), entropy_));
  return ledger::Update<Credential>{std::move(c)};
}

Result<ledger::Change> People::put(const PrincipalId& user, CredentialKind kind, const Secret& plain, Instant now, std::uint64_t counter) {
  TRY(auto stored, one(user, kind));
  if (stored) return replace(*std::move(stored), plain, now, counter);
  Credential c;
  TRY(c.id, CredentialId::make(now, entropy_));
  c.principal = user;
  c.kind = kind;
  c.counter = counter;
  c.created = c.updated = now;
  TRY(c.sealed, sealer_.seal(place(c.id.text()), plain.read(Pass::key()), entropy_));
  return ledger::Insert<Credential>{std::move(c)};
}

Result<std::string> People::hashed(const ledger::Principal& user, const Secret& password) {
  TRY_VOID(good_password(password, user));
  const auto turn = turns_.take();
  if (!turn) return std::unexpected(kBusy);
  return crypto::hash_password(password, cost_, entropy_);
}

Result<std::vector<ledger::Change>> People::password_changes(const ledger::Principal& user, const Secret& password, Instant now) {
  TRY(const auto hash, hashed(user, password));
  TRY(auto change, put(user.id, CredentialKind::Password, Secret::copy_of(as_bytes(hash)), now));
  return std::vector<ledger::Change>{std::move(change)};
}

Status People::set_password(const ledger::Principal& user, const Secret& password, const audit::Doing& doing) {
  TRY(auto changes, password_changes(user, password, doing.now));
  TRY(auto event, audit::event(doing, "user.set_password", user.id.text(), entropy_));
  changes.push_back(std::move(event));
  return change(std::move(changes));
}

Status People::change_password(const Known& known, const Secret& password, const audit::Doing& doing) {
  TRY(const auto hash, hashed(known.user, password));
  TRY(auto stored, one(known.user.id, CredentialKind::Password));
  if (!stored || stored->updated != known.shown.since) return refuse(Refusal::Conflict, "password: it was changed meanwhile");
  TRY(auto change, replace(*std::move(stored), Secret::copy_of(as_bytes(hash)), doing.now));
  TRY(auto event, audit::event(doing, "user.set_password", known.user.id.text(), entropy_));
  return this->change({std::move(change), std::move(event)});
}

// Counted once it is there, and before sessions are ended for it: who was let in and finds the count as it was is among those. Counted as well
// where nobody knows whether it is there.
Status People::change(std::vector<ledger::Change> changes) {
  const auto done = ledger_.commit(std::move(changes));
  ++changed_;
  return done ? Status() : std::unexpected(done.error());
}

Result<bool> People::is_still(const PrincipalId& user, const Shown& shown) {
  if (shown.seen == changed_) return true;
  TRY(const auto all, ledger_.credentials(user));
  const auto stored = one_among(all, CredentialKind::Password);
  return stored && stored->updated == shown.since && !(shown.alone && one_among(all, CredentialKind::Totp));
}

// Where there is nothing to compare with, as much work is done: time says nothing of who exists.
Result<bool> People::fits(const Secret& password, const std::optional<Credential>& stored) {
  // What is too long to be anybody's password is compared with nothing, either.
  if (!stored || password.size() > crypto::kMostPassword) {
    static constexpr std::array<std::uint8_t, crypto::kPasswordSalt> kSalt{};
    TRY_VOID(crypto::argon2id(password.size() > crypto::kMostPassword ? Secret(1) : password.clone(), kSalt, cost_, 32));
    return false;
  }
  TRY(const auto hash, open(*stored));
  const auto text = as_text(hash.read(Pass::key()));
  TRY(const bool good, crypto::is_password(password, text));
  if (!good) return false;
  TRY(const auto cost, crypto::cost_of(text));
  if (cost == cost_ && sealer_.is_current(stored->sealed)) return true;
  // Hashed anew at today's cost, sealed under today's key. Whether that is written is of no matter to the one who logs in.
  TRY(const auto fresh, crypto::hash_password(password, cost_, entropy_));
  // It is the same password: `updated` says since when. In place of what was read, and of nothing newer.
  TRY(auto change, replace(*stored, Secret::copy_of(as_bytes(fresh)), stored->updated));
  (void)ledger_.commit({std::move(change)});
  return true;
}

Result<Known> People::check_password(std::string_view name, const Secret& password, const audit::Doing& doing) {
  const auto& from = doing.by.address;
  constexpr Failure kTooMany(Refusal::RateLimited, "too many attempts; wait a minute and try again");
  if (throttle_.wait(name, from, doing.now) > Millis(0)) return std::unexpected(kTooMany);
  auto turn = turns_.take();
  // Before anything is known of the name: that it is busy says nothing of who exists.
  if (!turn) return std::unexpected(kBusy);
  TRY(const auto user, ledger_.principal_named(PrincipalKind::User, name));
  const auto seen = changed_.load();
  std::vector<Credential> all;
  if (user) { TRY(all, ledger_.credentials(user->id)); }
  const auto stored = one_among(all, CredentialKind::Password);
  // Who waited here together is counted one after another, and before anything is compared.
  if (!throttle_.enter(name, from, doing.now)) return std::unexpected(kTooMany);
  const auto good = fits(password, stored);
  turn.reset();
  const bool wrong = good && (!*good || user->standing != ledger::Standing::Active);
  if (!wrong) throttle_.passed(name, from, doing.now);
  if (!good) return std::unexpected(good.error());
  if (wrong) {
    TRY(auto event, audit::event(doing, "login.failed", user ? user->id.text() : "", entropy_));
    TRY_VOID(ledger_.commit({std::move(event)}));
    return refuse(Refusal::Denied);
  }
  throttle_.proved(name, from);
  auto ways = ways_among(std::move(all));
  const Shown shown{stored->updated, !ways.totp, seen};
  return Known{*user, std::move(ways), shown};
}

PrincipalId People::account(std::string_view name) {
  const auto user = ledger_.principal_named(PrincipalKind::User, name);
  return user && *user ? (*user)->id : PrincipalId();
}

Result<Secret> People::invite(const ledger::Principal& user, Seconds lifetime, const audit::Doing& doing) {
  TRY(auto link, mint::handle(ledger_, peppers_, opaque::Kind::Inv, entropy_));
  ledger::Ticket t;
  t.id = link.hash;
  t.pepper = link.pepper;
  t.kind = ledger::TicketKind::Link;
  t.principal = user.id;
  t.created = doing.now;
  t.expires = doing.now + lifetime;
  TRY(auto event, audit::event(doing, "user.invite", user.id.text(), entropy_));
  TRY_VOID(ledger_.commit({ledger::Insert<ledger::Ticket>{std::move(t)}, std::move(event)}));
  return std::move(link.text);
}

Result<ledger::Principal> People::invited(std::string_view text, Instant now) {
  constexpr auto kGone = Refusal::NotFound;
  TRY(const auto ticket, mint::find_ticket(ledger_, peppers_, opaque::Kind::Inv, text));
  if (!ticket || ticket->kind != ledger::TicketKind::Link || ticket->used || ticket->expires <= now) return refuse(kGone);
  TRY(auto user, ledger_.principal(ticket->principal));
  if (!user || user->standing != ledger::Standing::Active) return refuse(kGone);
  TRY_VOID(outlives_password(*ticket));
  return *std::move(user);
}

// All of them, however many whoever knew the old password has made.
Status People::end_sessions(const PrincipalId& user, std::vector<ledger::Change>& changes, Instant now) {
  const ledger::TokenFilter filter{.principal = user, .kind = opaque::Kind::Ses, .show = ledger::TokenFilter::Show::Live};
  return ledger::each_of<TokenId>(
      [&](const auto& page) { return ledger_.tokens(filter, page, now); },
      [&](const ledger::Token& session) {
        changes.emplace_back(ledger::EndTokens{ledger::TokensOf(session.id), ledger::EndReason::HolderRevoked, {}, now});
      });
}

Result<ledger::Principal> People::accept(std::string_view text, const Secret& password, const audit::Doing& doing) {
  TRY(auto user, invited(text, doing.now));
  TRY(const auto ticket, mint::find_ticket(ledger_, peppers_, opaque::Kind::Inv, text));
  TRY(auto changes, password_changes(user, password, doing.now));
  // Hashing took a while. Whatever sets another one from here on is in the way of the commit.
  TRY_VOID(outlives_password(*ticket));
  changes.insert(changes.begin(), ledger::Consume{ticket->id, ledger::TicketKind::Link, doing.now, {}});
  TRY_VOID(end_sessions(user.id, changes, doing.now));
  TRY(auto event, audit::event(doing, "user.set_password", user.id.text(), entropy_));
  changes.push_back(std::move(event));
  const auto done = change(std::move(changes));
  if (!done && done.error().is(Refusal::Conflict)) return refuse(Refusal::NotFound);
  TRY_VOID(done);
  // Who was let in by the old one while this was written is out, too; who is let in from here on is asked for the new one (is_still).
  std::vector<ledger::Change> more;
  TRY_VOID(end_sessions(user.id, more, doing.now));
  if (!more.empty()) TRY_VOID(ledger_.commit(std::move(more)));
  return user;
}

}  // namespace jeton::people
