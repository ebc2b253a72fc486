// Assertions and responses as an identity provider writes them: canonical from the first octet, so that signing is one hash.
#pragma once

#include <optional>
#include <string>

#include "blocks/crypto/sign.h"
#include "formats/saml/assertion.h"

namespace jeton::saml {

struct AssertionDraft {
  std::string id, issuer, audience, recipient;
  std::optional<std::string> in_response_to;
  NameId subject;
  Instant issued, not_before, not_on_or_after, authenticated;
  std::optional<Instant> session_ends;
  std::string session_index, context_class;   // the class of the authentication; unspecified where empty
  std::vector<Attribute> attributes;
};

struct ResponseDraft {
  std::string id, issuer, destination;
  std::optional<std::string> in_response_to;
  Instant issued;
  std::string status, sub_status, status_message;   // the last two may be empty
};

// Invalid where a value holds a character that XML cannot carry. `key` null: not signed.
Result<std::string> write_assertion(const AssertionDraft& draft, const crypto::SignKey* key);
// `content`: an assertion or an encrypted one, written here; empty for a response that only reports.
Result<std::string> write_response(const ResponseDraft& draft, std::string_view content, const crypto::SignKey* key);
// saml:EncryptedAssertion of an assertion, for the owner of `to`.
Result<std::string> encrypt_assertion(std::string_view assertion, const crypto::PublicParts& to, Entropy& entropy);

}  // namespace jeton::saml
