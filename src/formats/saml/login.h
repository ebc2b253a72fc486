// Is this response a login? All that Web Browser SSO asks of a service provider (profiles §4.1.4.3), but for replay, which needs a store.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "blocks/crypto/envelope/oaep.h"
#include "blocks/crypto/sign.h"
#include "formats/saml/assertion.h"

namespace jeton::saml {

// Whom the response must come from, for whom and where to. Borrowed for the call.
struct Expected {
  std::string_view idp;                             // its entity name
  std::span<const crypto::VerifyKey> idp_keys;      // from configuration or metadata; no key of the message is ever used
  std::string_view sp;                              // our entity name
  std::string_view acs;                             // the URL the response was delivered to
  std::optional<std::string_view> request_id;       // of our AuthnRequest; none: only an unsolicited response is good
  std::span<const crypto::UnwrapKey> decryption;    // to open encrypted assertions; may be empty
  Seconds leeway{0};                                // allowed between the clocks
};

// What a good response says. Every value was read from octets that a good signature covers.
struct Login {
  std::string assertion_id;   // believed once: keep it until `replay_until`
  std::string issuer;
  NameId subject;
  Instant issued, authenticated;
  Instant replay_until;       // from then on the assertion is refused for its age
  std::string session_index, context_class;
  std::optional<Instant> session_ends;
  std::vector<Attribute> attributes;
  bool encrypted = false;
};

// `message` is the XML. The refusal's text says which rule was broken. Malformed, TooLarge, Unsupported: not such a message at all.
// Denied: not Success, a wrong Recipient, Destination or InResponseTo, more than one assertion, no signature where one must be.
// BadSignature, UnknownKey: of the signature or the decryption. WrongIssuer, WrongAudience, Expired, NotYetValid: as they say.
Result<Login> verify_response(std::string_view message, const Expected& expected, Instant now);

// The same checks for one assertion alone, as RFC 7522 §3 has it: signed itself, its audience one of `sp`, its Recipient `acs`.
Result<Login> verify_assertion(std::string_view assertion, const Expected& expected, Instant now);

}  // namespace jeton::saml
