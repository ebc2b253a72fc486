// Persons: users who prove who they are with a password and a second factor.
#pragma once

#include <atomic>

#include "authority/audit/event.h"
#include "authority/keys/sealer.h"
#include "authority/mint/handle.h"
#include "authority/people/throttle.h"
#include "authority/people/turns.h"
#include "blocks/crypto/password.h"
#include "formats/webauthn/ceremony.h"

namespace jeton::people {

// What is known of a person's ways to prove it.
struct Ways {
  bool password = false, totp = false, recovery = false;
  std::vector<ledger::Credential> passkeys;
};

// A password that was shown, and what has to be so still when somebody is let in by it.
struct Shown {
  Instant since;            // it is that one since then
  bool alone = false;       // there was no second factor to ask for
  std::uint64_t seen = 0;   // how many changes had been counted when it was looked up; 0: look again
};

// A user whose password was shown, and the ways to prove it that were found with it.
struct Known {
  ledger::Principal user;
  Ways ways;
  Shown shown;
};

// A password that may be set: 8 to 1024 octets of UTF-8, not the user's name. Invalid otherwise.
Status good_password(const Secret& password, const ledger::Principal& user);

// A secret that an authenticator application takes, in base32 (RFC 4648 §6).
struct TotpSecret {
  std::string base32;
};

// How long a passkey's challenge is good; its caller sees to that.
inline constexpr Seconds kChallengeLives{300};
// What an authenticator keeps to name the user by, base64url: nothing that says who it is.
std::string user_handle(const PrincipalId& user);

// A link at which a forgotten password is replaced, and the change that makes it one.
struct Replacement {
  ledger::Principal user;
  Secret text;
  Instant expires;
  ledger::Change change;
};

// What a browser sent of a login by passkey: `handle` is the credential id, base64url. Views live as long as the call.
struct PasskeyLogin {
  std::string_view handle, user_handle;
  webauthn::Assertion said;
};

// What hashing passwords may take.
struct Hashing {
  crypto::PasswordCost cost;
  Turns::Bound turns{2, 22};
};

// Any thread. Hashing a password takes memory and time on purpose: few run at once, some wait for their turn, and whoever comes then is told
// to come again (StoreUnavailable), whatever was asked for: a flood of logins holds up nothing else.
class People {
 public:
  People(ledger::Ledger& ledger, const keys::Peppers& peppers, const keys::Sealer& sealer, Entropy& entropy, const Hashing& hashing)
      : ledger_(ledger), peppers_(peppers), sealer_(sealer), entropy_(entropy), cost_(hashing.cost), turns_(hashing.turns) {}

  // Whose turn it is to hash a password.
  Turns& turns() { return turns_; }

  // For what else is guessed at on pages.
  Throttle& guesses() { return throttle_; }
  Result<Ways> ways(const PrincipalId& user);
  // Sets or replaces.
  // The changes that do it, for the commit that makes the user.
  Result<std::vector<ledger::Change>> password_changes(const ledger::Principal& user, const Secret& password, Instant now);
  Status set_password(const ledger::Principal& user, const Secret& password, const audit::Doing& doing);
  // The same in place of the one that was shown; Conflict where it is another by now.
  Status change_password(const Known& known, const Secret& password, const audit::Doing& doing);
  // The user, if the password is that user's. Denied: no such user, no password, another one, or the user may not act; all of
  // them take as long. RateLimited: too many failures; the right password is not looked at either.
  Result<Known> check_password(std::string_view name, const Secret& password, const audit::Doing& doing);
  // Whether the password is still the one of then, and still alone where it was. Whoever lets somebody in asks once more afterwards: who
  // sets another one ends what was begun before, and not what is begun meanwhile. Nothing is read where nothing was changed.
  Result<bool> is_still(const PrincipalId& user, const Shown& shown);
  // Whose account that name is; none() where nobody's, and where the store does not say. For the watch, after `check_password` refused.
  PrincipalId account(std::string_view name);

  // A link for one use: who has it may set the user's password. The text to put into it.
  Result<Secret> invite(const ledger::Principal& user, Seconds lifetime, const audit::Doing& doing);
  // Whose link it is, while it may be used. NotFound otherwise.
  Result<ledger::Principal> invited(std::string_view text, Instant now);
  // Sets the password and ends the user's sessions; once. NotFound, or Invalid for the password.
  Result<ledger::Principal> accept(std::string_view text, const Secret& password, const audit::Doing& doing);

  // Puts on record whose password was forgotten, by user name or e-mail address; links are sent from there (notify::Outbox). Whether there are
  // such users, and how many, shows in nothing that the caller can see. RateLimited: too much is asked for from that network.
  Status forgot(std::string_view called, const audit::Doing& doing);
  // For a user who may act and has a password; nobody else gets one this way.
  Result<std::optional<Replacement>> replacement(const PrincipalId& user, Instant now);

  // A fresh secret; counts only once `confirm_totp` saw a code of it.
  Result<TotpSecret> propose_totp();
  // Denied where the code does not fit. The recovery codes that go with it, each for one use.
  Result<std::vector<std::string>> confirm_totp(const ledger::Principal& user, const TotpSecret& secret, std::string_view code,
                                                const audit::Doing& doing);
  Status remove_totp(const ledger::Principal& user, const audit::Doing& doing);
  // A code of the authenticator (once) or a recovery code (once). Denied, RateLimited.
  enum class Factor : std::uint8_t { Totp, Recovery };
  Result<Factor> check_code(const ledger::Principal& user, std::string_view code, const audit::Doing& doing);

  // Conflict: the challenge was used before, or the authenticator's key is known. Invalid: the name. TooLarge: too many. Others as
  // webauthn::read_registration says.
  Status add_passkey(const ledger::Principal& user, std::string_view name, const webauthn::Attestation& said,
                     const webauthn::Expected& expected, const audit::Doing& doing);
  Status remove_passkey(const ledger::Principal& user, const CredentialId& id, const audit::Doing& doing);
  // The user whose passkey signed the challenge; each challenge once. Denied for whatever was wrong, RateLimited.
  Result<ledger::Principal> check_passkey(const PasskeyLogin& login, const webauthn::Expected& expected, const audit::Doing& doing);

 private:
  Result<ledger::Principal> judge(const PasskeyLogin& login, const webauthn::Expected& expected, const audit::Doing& doing);
  Result<std::optional<ledger::Credential>> one(const PrincipalId& user, ledger::CredentialKind kind);
  Result<std::vector<PrincipalId>> called(std::string_view what);
  Status outlives_password(const ledger::Ticket& link);
  Result<ledger::Change> put(const PrincipalId& user, ledger::CredentialKind kind, const Secret& plain, Instant now,
                             std::uint64_t counter = 0);
  Result<ledger::Change> replace(ledger::Credential stored, const Secret& plain, Instant now, std::uint64_t counter = 0);
  Result<std::string> hashed(const ledger::Principal& user, const Secret& password);
  Status end_sessions(const PrincipalId& user, std::vector<ledger::Change>& changes, Instant now);
  Status change(std::vector<ledger::Change> changes);
  Result<Secret> open(const ledger::Credential& credential) const;
  Result<bool> fits(const Secret& password, const std::optional<ledger::Credential>& stored);
  Result<std::optional<Factor>> use_code(const PrincipalId& user, std::string_view code, const audit::Doing& doing);
  Result<bool> use_totp(const PrincipalId& user, std::string_view code, Instant now);
  Result<std::size_t> find_code(std::string_view hashes, std::string_view code, std::uint32_t& pepper) const;
  Result<bool> use_recovery(const PrincipalId& user, std::string_view code, const audit::Doing& doing);

  ledger::Ledger& ledger_;
  const keys::Peppers& peppers_;
  const keys::Sealer& sealer_;
  Entropy& entropy_;
  const crypto::PasswordCost cost_;
  Throttle throttle_;
  std::atomic<std::uint64_t> changed_{1};  // how often a password or second factor was set here, of whomever
  Turns turns_;
};

}  // namespace jeton::people
