// Personal access tokens and API keys: made, rotated, narrowed, taken back.
#pragma once

#include "authority/audit/event.h"
#include "authority/keys/peppers.h"
#include "authority/policy/settings.h"
#include "ground/secret.h"

namespace jeton::personal {

struct Draft {
  ledger::Principal principal;
  ledger::Api api;
  ledger::Scopes scopes;
  std::optional<ledger::Device> device;      // version 0: made in the same commit
  std::string name;
  ledger::Metadata metadata;
  ledger::NetworkRule network;
  std::string limits;                        // limits/limit.h
  std::optional<Instant> expires;            // absent: the installation's default lifetime
  std::optional<ledger::OnReuse> on_reuse;   // absent: the installation's choice
};

struct Rotation {
  Seconds overlap{86400};
  ledger::Overlap until = ledger::Overlap::Either;
  std::optional<Instant> expires;            // absent: as long as the old one had in all
};

// A token and its text. The text leaves the process once.
struct Born {
  ledger::Token record;
  Secret text;
};

// Built when the token's text is known: the kept answer holds it, sealed.
using With = audit::With<Born>;

// Any thread. Invalid with the member's name in front of the detail.
class Tokens {
 public:
  Tokens(ledger::Ledger& ledger, const keys::Peppers& peppers, Entropy& entropy) : ledger_(ledger), peppers_(peppers), entropy_(entropy) {}

  // A PAT for a user, an API key for a service account. Denied where the principal may not act.
  Result<Born> create(Draft draft, const audit::Doing& doing, const With& with = {});
  // A successor with the same rights; the old one lives until the overlap ends. Conflict where it has ended or has one already.
  Result<Born> rotate(const TokenId& id, const Rotation& rotation, const audit::Doing& doing, const With& with = {});
  // `scopes` only fewer, `expires` only within the installation's cap.
  Result<ledger::Token> update(ledger::Token changed, const audit::Doing& doing);
  // Ends what it names; what had ended already stays as it was.
  Result<std::vector<ledger::TokenEnded>> revoke(const ledger::EndTokens& which, const audit::Doing& doing);
  Result<ledger::Token> find(const TokenId& id);

 private:
  Result<Born> bear(ledger::Token record, std::string_view brand);
  Result<ledger::Token> record_of(const Draft& draft, const policy::Settings& settings, Instant now);

  ledger::Ledger& ledger_;
  const keys::Peppers& peppers_;
  Entropy& entropy_;
};

// Whether the token is one to be used now: not ended, not expired, its overlap not over.
bool live(const ledger::Token& token, Instant now);

}  // namespace jeton::personal
