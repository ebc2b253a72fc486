#include "formats/saml/login_rules.h"

#include <algorithm>

#include "formats/saml/names.h"

namespace jeton::saml {
namespace {

bool before(Instant now, Instant start, Seconds leeway) { return now + leeway < start; }
// [SAMLCore §2.5.1.2] NotOnOrAfter is exclusive.
bool over(Instant now, Instant end, Seconds leeway) { return now - leeway >= end; }

Status hold_conditions(const Conditions& conditions, const Expected& expected, Instant now) {
  if (conditions.not_before && before(now, *conditions.not_before, expected.leeway))
    return refuse(Refusal::NotYetValid, "the assertion is not valid yet");
  if (conditions.not_on_or_after && over(now, *conditions.not_on_or_after, expected.leeway))
    return refuse(Refusal::Expired, "the assertion is not valid any more");
  // [SAMLProf §4.1.4.2] there is an AudienceRestriction, and it names us. [SAMLCore §2.5.1.4] every one of them does.
  if (conditions.audiences.empty()) return refuse(Refusal::WrongAudience, "the assertion is restricted to no audience");
  for (const auto& names : conditions.audiences)
    if (std::ranges::find(names, expected.sp) == names.end())
      return refuse(Refusal::WrongAudience, "the assertion is for another audience");
  return {};
}

// [SAMLProf §4.1.4.3] InResponseTo is our request's ID, and is absent where there was none.
Status hold_request(const std::optional<std::string>& in_response_to, const Expected& expected) {
  if (!expected.request_id) {
    if (in_response_to) return refuse(Refusal::Denied, "the subject was confirmed for a request, and none was made");
    return {};
  }
  if (in_response_to != *expected.request_id) return refuse(Refusal::Denied, "the subject was confirmed for another request");
  return {};
}

Status hold_bearer(const Confirmation& confirmation, const Expected& expected, Instant now) {
  // [SAMLProf §4.1.4.2] Recipient and NotOnOrAfter are there, NotBefore is not.
  if (confirmation.not_before) return refuse(Refusal::Denied, "a bearer confirmation with NotBefore");
  if (confirmation.recipient != expected.acs) return refuse(Refusal::Denied, "the subject was confirmed for another recipient");
  if (!confirmation.not_on_or_after) return refuse(Refusal::Denied, "a bearer confirmation without an end");
  if (over(now, *confirmation.not_on_or_after, expected.leeway)) return refuse(Refusal::Expired, "the subject's confirmation is over");
  return hold_request(confirmation.in_response_to, expected);
}

// One bearer confirmation that holds is enough; where none does, the first one's reason.
Result<Instant> hold_confirmations(const std::vector<Confirmation>& confirmations, const Expected& expected, Instant now) {
  std::optional<Failure> first;
  for (const auto& confirmation : confirmations) {
    if (confirmation.method != kBearer) continue;
    const auto held = hold_bearer(confirmation, expected, now);
    if (held) return *confirmation.not_on_or_after;
    if (!first) first = held.error();
  }
  return std::unexpected(first.value_or(Failure(Refusal::Denied, "no bearer confirmation of the subject")));
}

Status hold_sessions(const std::vector<Authentication>& authentications, const Expected& expected, Instant now) {
  for (const auto& authentication : authentications)
    if (authentication.session_ends && over(now, *authentication.session_ends, expected.leeway))
      return refuse(Refusal::Expired, "the session at the identity provider is over");
  return {};
}

}  // namespace

Result<Login> hold(Assertion assertion, const Expected& expected, Instant now, Statement authentication) {
  if (assertion.issuer != expected.idp) return refuse(Refusal::WrongIssuer, "the assertion is from another issuer");
  TRY_VOID(hold_conditions(assertion.conditions, expected, now));
  TRY(auto until, hold_confirmations(assertion.confirmations, expected, now));
  if (assertion.authentications.empty() && authentication == Statement::Needed)
    return refuse(Refusal::Denied, "the assertion says nothing of an authentication");   // [SAMLProf §4.1.4.2]
  TRY_VOID(hold_sessions(assertion.authentications, expected, now));
  if (assertion.conditions.not_on_or_after) until = std::max(until, *assertion.conditions.not_on_or_after);
  Login login{.assertion_id = std::move(assertion.id),
              .issuer = std::move(assertion.issuer),
              .subject = std::move(assertion.subject),
              .issued = assertion.issued,
              .authenticated = assertion.issued,
              .replay_until = until + expected.leeway,
              .session_index = {},
              .context_class = {},
              .session_ends = {},
              .attributes = std::move(assertion.attributes)};
  if (!assertion.authentications.empty()) {
    auto& first = assertion.authentications.front();
    login.authenticated = first.at;
    login.session_index = std::move(first.session_index);
    login.context_class = std::move(first.context_class);
    login.session_ends = first.session_ends;
  }
  return login;
}

}  // namespace jeton::saml
