// SAML identity providers: others who log users in here.
#pragma once

#include "authority/audit/event.h"
#include "authority/federation/mapping.h"
#include "authority/federation/source.h"
#include "formats/saml/metadata.h"

namespace jeton::federation {

struct IdentityProvider {
  std::string metadata;            // as it was registered, XML
  saml::Metadata described;        // the same, read
  std::string name;                // what the login page calls it
  Mappings attributes;             // what its assertions say of a user; "id" names the user in place of the NameID
  bool create = false;             // makes a user of who is not known yet
  bool link_email = false;         // takes a user who has the e-mail address it tells of for the same person
  bool unsolicited = false;        // takes responses that nobody asked for
  bool grants = false;             // its assertions are taken at the token endpoint (RFC 7522)
  std::vector<std::string> domains;   // of e-mail addresses it may speak of; empty: any
  std::vector<ClientId> clients;      // OAuth clients it may vouch for (RFC 7522 §2.2)
  Source from;
  Instant created, updated;

  const std::string& entity() const { return described.entity; }
  std::string id() const;          // "idp_" and 26 hexadecimal digits that come of the entity's name
  const saml::IdpRole& role() const { return *described.idp; }
};

// What a page needs to offer one.
struct Offer {
  std::string id, name;
};

// Any thread. Invalid with the member's name in front of the detail.
class IdentityProviders {
 public:
  IdentityProviders(ledger::Ledger& ledger, Entropy& entropy) : ledger_(ledger), entropy_(entropy) {}

  // Reads the draft's metadata and keeps it under its entity's name, in the place of an older one.
  Result<IdentityProvider> put(IdentityProvider draft, const audit::Doing& doing);
  // By entity or id; NotFound where there is none.
  Status remove(std::string_view called, const audit::Doing& doing);
  Result<IdentityProvider> find(std::string_view called);
  // By name.
  Result<std::vector<IdentityProvider>> list();
  Result<std::vector<Offer>> offers();

 private:
  ledger::Ledger& ledger_;
  Entropy& entropy_;
};

// The keys that messages of a role are believed by. Expired where the metadata is not valid any more.
Result<std::vector<crypto::VerifyKey>> keys_of(const saml::Metadata& described, const saml::Role& role, Instant now);

}  // namespace jeton::federation
