// What a service provider asks of us, and what is answered: pure of cookies and pages.
#pragma once

#include <optional>
#include <string>

#include "authority/federation/service_providers.h"
#include "formats/saml/binding.h"
#include "formats/saml/request.h"

namespace jeton::protocols::sso {

// An AuthnRequest that was held against the service provider's record. It may travel through the browser, to the login and back, as text under a MAC.
struct Asking {
  std::string entity, request_id, acs, relay_state;  // request_id empty: nobody asked (IdP-initiated)
  std::string name_format;
  bool force = false, passive = false;
  std::vector<std::string> contexts;  // wanted as `comparison` says; none: any
  saml::Comparison comparison = saml::Comparison::Exact;
  Instant at;
};

// Refusals for the person before the screen, not for the service provider: an answer goes to a known address or nowhere.
// WrongAudience: not for us. Denied: no signature where the metadata promises one, or an address that is not registered. Invalid: a
// NameID format that is not given. Expired: made longer ago than five minutes, or in the future.
Result<Asking> read_asking(const saml::Inbound& inbound, const federation::ServiceProvider& sp, std::string_view our_sso, Instant now);
// Without a request.
Asking unasked(const federation::ServiceProvider& sp, std::string_view relay_state, Instant now);

std::string to_text(const Asking& asking);
std::optional<Asking> asking_of(std::string_view text);

// Who is logged in, as far as an assertion tells of it.
struct Person {
  PrincipalId id;
  std::string name, email;
  ledger::Metadata metadata;
  Instant authenticated;
  std::string context_class;
  std::string session;  // names the session to the service provider
  std::optional<Instant> session_ends;
};

// [SAMLCore §3.3.2.2.1] the class of how the person logged in that fits best; nothing where none of those wanted does.
std::optional<std::string> context_for(const Asking& asking, std::string_view methods);

struct Issuer {
  std::string entity;
  const crypto::SignKey& key;
};

// A name and a session, as the service provider will name them when it logs out.
struct Answered {
  std::string response;
  saml::NameId name;
};

// A response with an assertion of the person: both signed, the assertion encrypted where the record says so. Invalid where the person has no
// e-mail address and the name is to be one.
Result<Answered> login_response(const Asking& asking, const Person& person, const federation::ServiceProvider& sp,
                                std::string_view pairwise, const Issuer& issuer, Entropy& entropy, Instant now);
// An assertion alone, signed, that nobody asked for by SAML (RFC 8693): for the service provider's default address.
struct Bearer {
  std::string xml, id;
  Instant not_on_or_after;
};
Result<Bearer> bearer_assertion(const Person& person, const federation::ServiceProvider& sp, std::string_view pairwise,
                                const Issuer& issuer, Entropy& entropy, Instant now);
// A signed response that says no: nobody is logged in and nobody may be asked.
Result<std::string> refusal_response(const Asking& asking, std::string_view sub_status, const Issuer& issuer, Entropy& entropy,
                                     Instant now);

}  // namespace jeton::protocols::sso
