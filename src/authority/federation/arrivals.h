// Which of our users an identity provider speaks of: known by a name, by a rule, or made by one.
#pragma once

#include "authority/federation/identity_providers.h"
#include "authority/principals/principals.h"
#include "formats/saml/login.h"

namespace jeton::federation {

// What a believed assertion says of a person, by the provider's mapping. May travel through a ticket as text.
struct Arrival {
  std::string provider;            // the identity provider's id
  std::string identity;            // what names the person there: an attribute's name or a NameID's format, and its value
  std::string name, email;         // empty where it does not tell
  ledger::Metadata metadata;
};
// Denied: nothing in it names the person for longer than one login.
Result<Arrival> arrival_of(const IdentityProvider& idp, const saml::Login& login);
std::string to_text(const Arrival& arrival);
Arrival arrival_of_text(const json::Value& value);

// Any thread.
class Arrivals {
 public:
  Arrivals(ledger::Ledger& ledger, principals::Principals& principals, Entropy& entropy)
      : ledger_(ledger), principals_(principals), entropy_(entropy) {}

  // The user: who is connected to that name; or, where the provider's rules say so, the one with that e-mail address, or a new one. Denied: nobody,
  // or one who may not act. A name that is taken is never taken over.
  Result<ledger::Principal> settle(const IdentityProvider& idp, const Arrival& arrival, const audit::Doing& doing);
  // Connects the name to a user who asked for it. Conflict: it is another user's.
  Status connect(const Arrival& arrival, const PrincipalId& user, const audit::Doing& doing);

 private:
  Result<std::optional<ledger::Principal>> connected(const Arrival& arrival, Instant now);
  Status own_address(const ledger::Principal& user, Instant now);
  Result<ledger::Principal> create(const Arrival& arrival, const audit::Doing& doing);
  Result<std::optional<ledger::Principal>> by_email(std::string_view email);
  Result<ledger::Principal> refreshed(ledger::Principal user, const Arrival& arrival, const audit::Doing& doing);
  ledger::Ledger& ledger_;
  principals::Principals& principals_;
  Entropy& entropy_;
};

}  // namespace jeton::federation
