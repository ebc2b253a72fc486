// OAuth clients: applications with an id and, where they can keep one, a secret.
#pragma once

#include "authority/audit/event.h"
#include "authority/keys/peppers.h"
#include "ground/secret.h"

namespace jeton::clients {

struct Registered {
  ledger::Client record;
  Secret secret;   // empty for public clients
};

// Whether a client of that type may register the redirect URI (RFC 9700 §2.1, RFC 8252 §7), and whether a presented one is one of
// the registered: byte for byte, a loopback port aside. Neither ever parses more of a URI than it compares.
Status good_redirect(ledger::ClientType type, std::string_view uri);
bool redirect_allowed(ledger::ClientType type, const std::vector<std::string>& registered, std::string_view presented);

std::string_view name(ledger::ClientType type);
std::optional<ledger::ClientType> type(std::string_view name);

// Any thread.
class Clients {
 public:
  Clients(ledger::Ledger& ledger, const keys::Peppers& peppers, Entropy& entropy) : ledger_(ledger), peppers_(peppers), entropy_(entropy) {}

  Result<Registered> create(ledger::Client draft, const audit::Doing& doing, const audit::With<Registered>& with = {});
  Result<ledger::Client> update(ledger::Client changed, const audit::Doing& doing);
  // A new secret beside the old one, which ends after the overlap.
  Result<Registered> rotate_secret(const ClientId& id, Seconds overlap, const audit::Doing& doing);
  // A client that describes itself, under the id that its record has: added, or put in place of the version that was read.
  Status adopt(ledger::Client record, const audit::Doing& doing);
  // Ends its tokens.
  Status remove(const ClientId& id, const audit::Doing& doing);
  Result<ledger::Client> find(const ClientId& id);
  // The client if the secret is one of its live ones; Denied otherwise, whatever is wrong.
  Result<ledger::Client> authenticate(std::string_view id, std::string_view secret, Instant now);

 private:
  Result<Secret> add_secret(ledger::Client& client, Instant now);
  ledger::Ledger& ledger_;
  const keys::Peppers& peppers_;
  Entropy& entropy_;
};

}  // namespace jeton::clients
