// SAML service providers: web sites that users log in to with their session here.
#pragma once

#include "authority/audit/event.h"
#include "authority/federation/mapping.h"
#include "authority/federation/source.h"
#include "formats/saml/metadata.h"

namespace jeton::federation {

// What we sign with for a service provider.
inline constexpr auto kRsa = crypto::SignAlg::RS256, kEcdsa = crypto::SignAlg::ES256;

struct ServiceProvider {
  std::string metadata;            // as it was registered, XML
  saml::Metadata described;        // the same, read
  std::string name_format;         // of the NameID where a request asks for none
  Mappings attributes;
  bool encrypt = false;            // assertions, to the encryption key of the metadata
  std::string exchange_scope;      // a token with this scope may be exchanged for an assertion (RFC 8693); empty: none may
  std::optional<crypto::SignAlg> sign_with;   // kRsa or kEcdsa, where somebody said so
  ClientId client;                 // the OAuth client that may exchange such an assertion back; none() where none may
  Source from;                     // where the metadata is fetched; empty where it was given
  Instant created, updated;

  const std::string& entity() const { return described.entity; }
  std::string id() const;          // "sp_" and 26 hexadecimal digits that come of the entity's name
  const saml::SpRole& role() const { return *described.sp; }
  // What was said, or else ECDSA where the metadata announces it: many take nothing but RSA, and say nothing.
  crypto::SignAlg signs() const;
};

// Their words: "rsa" and "ecdsa".
std::string_view signature_word(crypto::SignAlg alg);
std::optional<crypto::SignAlg> signature_of(std::string_view word);

// Any thread. Invalid with the member's name in front of the detail.
class ServiceProviders {
 public:
  ServiceProviders(ledger::Ledger& ledger, Entropy& entropy) : ledger_(ledger), entropy_(entropy) {}

  // Reads the draft's metadata and keeps it under its entity's name, in the place of an older one.
  Result<ServiceProvider> put(ServiceProvider draft, const audit::Doing& doing);
  // By entity or id; NotFound where there is none.
  Status remove(std::string_view called, const audit::Doing& doing);
  Result<ServiceProvider> find(std::string_view called);
  // By name.
  Result<std::vector<ServiceProvider>> list();

  // The user's name at one service provider: another at each, the same at every login, and nobody can tell from two that they are one.
  Result<std::string> pairwise_name(std::string_view entity, const PrincipalId& user);

 private:
  ledger::Ledger& ledger_;
  Entropy& entropy_;
};

}  // namespace jeton::federation
