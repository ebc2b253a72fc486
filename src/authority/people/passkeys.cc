// Passkeys: keys that a person's authenticator holds (WebAuthn Level 2).
#include "authority/people/people.h"
#include "blocks/http/form.h"
#include "ground/base64url.h"
#include "ground/secret_pass.h"

namespace jeton::people {
namespace {

using ledger::Credential;
using ledger::CredentialKind;

// More than anyone has, few enough to be shown on one page.
constexpr std::size_t kMost = 20;

keys::Place place(const std::string& id) { return {"credentials", "sealed", id}; }

// A challenge is used once: whoever uses it first takes its place.
ledger::Change taken(std::string_view challenge, const PrincipalId& user, Instant now) {
  ledger::Ticket t;
  t.id = crypto::sha256(as_bytes("passkey challenge " + std::string(challenge)));
  t.kind = ledger::TicketKind::Challenge;
  t.principal = user;
  t.created = now;
  t.expires = now + 2 * kChallengeLives;
  return ledger::Insert<ledger::Ticket>{std::move(t)};
}

}  // namespace

std::string user_handle(const PrincipalId& user) { return base64url::encode(as_bytes(user.text())); }

Status People::add_passkey(const ledger::Principal& user, std::string_view name, const webauthn::Attestation& said,
                           const webauthn::Expected& expected, const audit::Doing& doing) {
  if (name.empty() || name.size() > 64 || !http::well_formed_utf8(name)) return refuse(Refusal::Invalid, "name: 1 to 64 octets of text");
  TRY(const auto made, webauthn::read_registration(said, expected));
  TRY(const auto have, ways(user.id));
  if (have.passkeys.size() >= kMost) return refuse(Refusal::TooLarge, "remove a passkey first: there are too many");
  Credential c;
  TRY(c.id, CredentialId::make(doing.now, entropy_));
  c.principal = user.id;
  c.kind = CredentialKind::Passkey;
  c.name = name;
  c.handle = base64url::encode(made.credential_id);
  c.counter = made.counter;
  c.created = c.updated = doing.now;
  TRY(c.sealed, sealer_.seal(place(c.id.text()), made.key, entropy_));
  TRY(auto event, audit::event(doing, "user.add_passkey", user.id.text(), entropy_));
  TRY_VOID(ledger_.commit({taken(expected.challenge, user.id, doing.now), ledger::Insert<Credential>{std::move(c)}, std::move(event)}));
  return {};
}

Status People::remove_passkey(const ledger::Principal& user, const CredentialId& id, const audit::Doing& doing) {
  TRY(const auto have, ways(user.id));
  for (const auto& c : have.passkeys) {
    if (c.id != id) continue;
    TRY(auto event, audit::event(doing, "user.remove_passkey", user.id.text(), entropy_));
    TRY_VOID(ledger_.commit({ledger::Change(c.id), std::move(event)}));
    return {};
  }
  return refuse(Refusal::NotFound);
}

// The user whose passkey it is, if the assertion is good. [WebAuthn §7.2 steps 6, 7 and 21]
Result<ledger::Principal> People::judge(const PasskeyLogin& login, const webauthn::Expected& expected, const audit::Doing& doing) {
  TRY(auto stored, ledger_.credential_by_handle(login.handle));
  if (!stored) return refuse(Refusal::Denied);
  // What is asked for is a key that names its user itself.
  if (login.user_handle != user_handle(stored->principal)) return refuse(Refusal::Denied);
  TRY(auto user, ledger_.principal(stored->principal));
  if (!user || user->standing != ledger::Standing::Active) return refuse(Refusal::Denied);
  TRY(const auto key, open(*stored));
  TRY(const auto asserted, webauthn::verify_assertion(login.said, key.read(Pass::key()), expected));
  if ((asserted.counter != 0 || stored->counter != 0) && asserted.counter <= stored->counter) {
    TRY(auto event, audit::event(doing, "login.cloned_passkey", user->id.text(), entropy_));
    TRY_VOID(ledger_.commit({std::move(event)}));
    return refuse(Refusal::Denied);
  }
  stored->counter = asserted.counter;
  stored->last_used = doing.now;
  TRY_VOID(ledger_.commit({taken(expected.challenge, user->id, doing.now), ledger::Update<Credential>{*std::move(stored)}}));
  return *std::move(user);
}

Result<ledger::Principal> People::check_passkey(const PasskeyLogin& login, const webauthn::Expected& expected, const audit::Doing& doing) {
  constexpr std::string_view kAccount = "passkeys";   // an assertion names nobody before it is believed
  const auto& from = doing.by.address;
  if (!throttle_.enter(kAccount, from, doing.now)) return refuse(Refusal::RateLimited, "too many attempts; wait a minute and try again");
  auto user = judge(login, expected, doing);
  if (user || user.error().is_fault()) {
    throttle_.passed(kAccount, from, doing.now);
    return user;
  }
  TRY(auto event, audit::event(doing, "login.failed_passkey", "", entropy_));
  TRY_VOID(ledger_.commit({std::move(event)}));
  return refuse(Refusal::Denied);
}

}  // namespace jeton::people
