// For benchmarks: a login response as they issue and hold it.
#pragma once

#include "formats/saml/issue.h"
#include "formats/saml/names.h"

namespace jeton::saml::bench {

inline const Instant kNow = Instant::from_seconds(1'800'000'000);

inline AssertionDraft draft() {
  AssertionDraft d;
  d.id = "_a1b2c3d4e5f60718293a4b5c6d7e8f9001122334";
  d.issuer = "https://idp.example/saml";
  d.audience = "https://app.example/saml";
  d.recipient = "https://app.example/saml/acs";
  d.in_response_to = "_q";
  d.subject = {"alice@example.com", std::string(kEmail), "", ""};
  d.issued = d.authenticated = d.not_before = kNow;
  d.not_on_or_after = kNow + Seconds(60);
  d.session_index = "_s";
  d.attributes = {{"mail", std::string(kBasicName), "", {"alice@example.com"}}, {"groups", std::string(kBasicName), "", {"staff", "ops"}}};
  return d;
}

inline std::string response(const crypto::SignKey* assertion_key, const crypto::SignKey* response_key) {
  const ResponseDraft around{"_r", "https://idp.example/saml", "https://app.example/saml/acs", "_q", kNow, std::string(kSuccess), "", ""};
  return *write_response(around, *write_assertion(draft(), assertion_key), response_key);
}

}  // namespace jeton::saml::bench
