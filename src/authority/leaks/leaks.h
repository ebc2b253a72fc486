// Tokens that somebody found where they should not be: what is done about them, and who is told.
#pragma once

#include <span>

#include "authority/audit/event.h"
#include "authority/keys/peppers.h"
#include "authority/policy/settings.h"
#include "authority/verify/verifier.h"
#include "authority/watch/alerts.h"

namespace jeton::leaks {

// One finding, as it was reported. Nothing of it is believed; `token` is not kept.
struct Report {
  std::string_view token;      // its text; or
  std::optional<TokenId> id;   // its id, where who reports has looked it up
  std::string_view url, source;
};

// What a report came to.
enum class Found : std::uint8_t {
  NotOurs,       // not a token of this installation, or one it has forgotten
  Told,          // somebody was told
  Quarantined,   // and the token is kept out until somebody releases it
  Revoked,       // and the token has ended now
  Ended,         // it had ended before
};
std::string_view name(Found found);

// Where something was found, as it may be kept and shown: printable, without user, query and the token itself, at most 512 characters.
std::string place(std::string_view url, std::string_view token);

// Any thread.
class Leaks {
 public:
  Leaks(ledger::Ledger& ledger, verify::Verifier& verifier, const keys::Peppers& peppers, watch::Alerts& alerts, Entropy& entropy)
      : ledger_(ledger), verifier_(verifier), peppers_(peppers), alerts_(alerts), entropy_(entropy) {}

  // One answer a report, in order. What is not of our shape costs nothing; the same token twice is acted on once.
  Result<std::vector<Found>> take(std::span<const Report> reports, const audit::Doing& doing);

 private:
  // What the ledger knows it by.
  struct Known {
    TokenId id;
    opaque::Kind kind = opaque::Kind::Pat;
    bool is_signed = false;
    std::optional<Instant> expires;
    PrincipalId principal;
    TokenId parent;   // of a signed token
  };
  Result<std::optional<Known>> look_up(const Report& report, Instant now);
  Result<Found> act(const Known& known, const Report& report, const policy::Settings& settings, const audit::Doing& doing);
  Result<Found> quarantine(const Known& known, const audit::Doing& doing);
  static std::vector<ledger::Change> endings(const Known& known, Instant now);
  Status tell(const Known& known, const Report& report, Found found, const audit::Doing& doing);

  ledger::Ledger& ledger_;
  verify::Verifier& verifier_;
  const keys::Peppers& peppers_;
  watch::Alerts& alerts_;
  Entropy& entropy_;
};

}  // namespace jeton::leaks
