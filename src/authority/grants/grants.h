// OAuth grants: what a user, or an application by its own credentials, was let in for; and the codes and refresh tokens of it.
#pragma once

#include <map>
#include <mutex>

#include "authority/audit/event.h"
#include "authority/clients/profile.h"
#include "authority/keys/sealer.h"
#include "authority/mint/handle.h"
#include "authority/policy/settings.h"

namespace jeton::grants {

// A login as tokens tell of it. Kept with the grant.
struct Proof {
  Instant authenticated;
  std::string methods;      // amr, space separated
  std::string acr;
};

// What somebody let a client do, before a grant is made of it.
struct Approval {
  PrincipalId principal;
  ClientId client;
  ApiId api;
  ledger::Scopes scopes;
  TokenId session;             // none() where it is to outlive the session ("offline_access")
  TokenId login;               // the session it was approved in, for `sid`; what was not fetched when that one ends is not given
  Proof proof;
  std::string nonce;           // for the first ID token
  std::string redirect;        // as presented; empty where none was
  std::string challenge;       // of PKCE, S256; empty where the client is marked so
  std::string confirmation;    // thumbprint of the DPoP key the request named (dpop_jkt); empty where none
  std::string claims;          // the claims parameter's JSON; may be empty
  std::string details = {};    // authorization details (RFC 9396), as a JSON array; empty where none
  std::optional<Instant> agreed = {};   // when; what was withdrawn since is not given. Absent: now
  ledger::Scopes disclosed = {};   // agreed to with the scopes, and no power of the grant: what single claims show
};

// A live grant, and what the answer to its client is made of.
struct Granted {
  ledger::Token grant;
  Proof proof;
  TokenId login;
  std::string nonce, claims;
  std::optional<Secret> refresh;    // a refresh token to hand out
};

// A refresh token that was shown, and its grant, as the ledger had them: used or not, live or not.
struct Shown {
  ledger::Ticket ticket;
  ledger::Token grant;
};

struct Presented {
  const ledger::Client& client;
  const clients::Profile& profile;
  std::string_view confirmation;    // JSON of `cnf` for a public client's DPoP key; empty: none was shown
};

// Any thread. Every refusal of a code or token is Denied; what else happened (a code used twice ends its grant) is done before.
class Grants {
 public:
  Grants(ledger::Ledger& ledger, const keys::Peppers& peppers, const keys::Sealer& sealer, Entropy& entropy)
      : ledger_(ledger), peppers_(peppers), sealer_(sealer), entropy_(entropy) {}

  // [RFC6749 §4.1.2] for one use, within a minute.
  Result<Secret> issue_code(const Approval& approval, const audit::Doing& doing);
  // [RFC6749 §4.1.3, RFC7636 §4.6] A second use ends what the first one gave: any within the code's minute, later one that would have been
  // good, for as long as the grant may live.
  Result<Granted> redeem_code(std::string_view code, std::string_view redirect, std::optional<std::string_view> verifier,
                              const Presented& by, const audit::Doing& doing);
  // Looks a refresh token up, for one look at what it is good for before it is used up.
  Result<Shown> shown(std::string_view token, const Presented& by, Instant now);
  // Whether it can be used as it is: it was not yet, and its grant lives.
  static bool usable(const Shown& shown, Instant now);
  // Rotates. A token that was used before ends its grant, but for a short while after its first use: then the same successor is
  // given again, as long as that was not used itself. `reused` tells of the former.
  struct Refreshed {
    std::optional<Granted> granted;
    std::optional<TokenId> reused;  // the grant that ended for it
  };
  Result<Refreshed> refresh(Shown shown, const Presented& by, const audit::Doing& doing);
  // Makes a grant at once (device authorization).
  Result<Granted> grant(const Approval& approval, const Presented& by, std::vector<ledger::Change> with, const audit::Doing& doing);
  // The standing grant of a client that acts for itself; made at its first use, and anew where its scopes changed.
  Result<ledger::Token> own_grant(const ledger::Client& client, const ledger::Api& api, const ledger::Scopes& scopes,
                                  const audit::Doing& doing);

  // The grant that a refresh token belongs to, while both live and who it is for may act (introspection). Its scopes: those that are left.
  Result<std::optional<ledger::Token>> find_refresh(std::string_view token, Instant now);
  // The grant that has not ended, also by a token that was used already, in that one's time: who had it may end it (revocation).
  Result<std::optional<ledger::Token>> grant_of(std::string_view token, Instant now);
  // What the user lets the client do without being asked again.
  Result<ledger::Scopes> consented(const PrincipalId& user, const ClientId& client, const ApiId& api, Instant now);
  // Nothing where it stands already.
  Result<std::optional<ledger::Change>> consent(const PrincipalId& user, const ClientId& client, const ApiId& api,
                                                const ledger::Scopes& scopes, Instant now);
  // Live grants of a user, newest first.
  Result<std::vector<ledger::Token>> of_user(const PrincipalId& user, Instant now);
  // Ends all that the user let the client do, and forgets the consent.
  Status disconnect(const PrincipalId& user, const ClientId& client, const audit::Doing& doing);

 private:
  struct Fresh {
    Granted granted;
    std::vector<ledger::Change> changes;
  };
  Result<Fresh> fresh(const Approval& approval, const TokenId& id, const Presented& by, Instant now);
  Result<std::pair<Secret, ledger::Change>> refresh_ticket(const ledger::Token& grant, const clients::Profile& profile, Instant now);
  Result<std::optional<ledger::Ticket>> refresh_in_time(std::string_view text, Instant now);
  Result<bool> lives(const TokenId& session, Instant now);  // none() does
  Result<bool> stands(const Approval& approval, Instant now);
  Result<ledger::Change> withdrawal(const PrincipalId& user, const ClientId& client, Instant now);
  Result<bool> may_act(const ledger::Token& grant, const ledger::Client& client, Instant now);
  Result<bool> may_go_on(const ledger::Token& grant, const Presented& by, Instant now);
  Result<Shown> with_grant(std::optional<ledger::Ticket> ticket, const Presented& by, Instant now);
  Result<std::optional<Refreshed>> rotate(const Shown& shown, const Presented& by, const audit::Doing& doing);
  Result<Refreshed> replayed(Shown shown, const audit::Doing& doing);
  Failure used_before(const TokenId& grant, const audit::Doing& doing);
  Failure long_over(const crypto::Sha256Digest& id, const Presented& by, const audit::Doing& doing);
  Status end(const TokenId& grant, ledger::EndReason reason, const audit::Doing& doing);

  ledger::Ledger& ledger_;
  const keys::Peppers& peppers_;
  const keys::Sealer& sealer_;
  Entropy& entropy_;
  std::mutex own_mutex_;
  std::map<std::pair<ClientId, ApiId>, ledger::Token> own_;  // standing grants that were looked up; at most 4096
};

// What a grant remembers of its login, as `Granted` tells it.
Granted remembered(ledger::Token grant);

}  // namespace jeton::grants
