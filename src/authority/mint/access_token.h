// Short-lived access tokens: of a grant, or made for one API of a long-lived token (RFC 8693).
#pragma once

#include "authority/apis/encryption.h"
#include "authority/audit/event.h"
#include "authority/keys/key_ring.h"
#include "authority/mint/handle.h"

namespace jeton::mint {

struct Order {
  const ledger::Token& parent;    // verified and live: a long-lived token, or a grant
  const ledger::Api& api;         // what it is for
  ledger::Scopes scopes;          // fewer than the parent's, or all of them where empty
  std::optional<Seconds> lifetime;
  std::string confirmation = {};  // JSON of `cnf` (RFC 7800); empty: a bearer token
  std::string claims = {};        // further members of a JWT, as JSON: "\"auth_time\":1,…"; may be empty
  std::string details = {};       // authorization details (RFC 9396), as a JSON array; with them, no scopes are none
  std::string act = {};           // who acts for the subject, as JSON of `act` (RFC 8693 §4.1); empty: nobody
  std::string acting = {};        // that one's token, as verify::Actor reads it; empty: nobody
  std::optional<Instant> until = {};   // no longer than this
};

struct Minted {
  TokenId id;
  Secret text;
  ledger::Scopes scopes;
  Instant expires;
};

// A JWT (RFC 9068) or an opaque token, as the API has it. Never more scopes, another API or a longer life than the parent.
// Denied: wider than the parent. Any thread.
class AccessTokens {
 public:
  AccessTokens(ledger::Ledger& ledger, const keys::Peppers& peppers, apis::Encryptions& encryptions, Entropy& entropy, std::string issuer)
      : ledger_(ledger), peppers_(peppers), encryptions_(encryptions), entropy_(entropy), issuer_(std::move(issuer)) {}
  Result<Minted> mint(const Order& order, const keys::KeyRing& ring, const audit::Doing& doing);

 private:
  Result<Secret> sign(const Minted& shape, const Order& order, const keys::KeyRing::Entry& key, Instant now) const;
  Result<Secret> make_opaque();
  // A row of its own, found by the hash of the whole text.
  Status store(const Minted& shape, const Order& order, const audit::Doing& doing);
  ledger::Ledger& ledger_;
  const keys::Peppers& peppers_;
  apis::Encryptions& encryptions_;
  Entropy& entropy_;
  std::string issuer_;
};

}  // namespace jeton::mint
