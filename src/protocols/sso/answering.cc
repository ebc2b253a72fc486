#include <algorithm>

#include "formats/saml/issue.h"
#include "formats/saml/names.h"
#include "formats/saml/signing.h"
#include "protocols/sso/asking.h"

namespace jeton::protocols::sso {
namespace {

constexpr Seconds kLifetime{300}, kBack{60};   // of an assertion; how far its start lies back, for clocks that are behind

constexpr std::string_view kTwoFactors = "https://refeds.org/profile/mfa", kPassword = "urn:oasis:names:tc:SAML:2.0:ac:classes:Password",
                           kOtp = "urn:oasis:names:tc:SAML:2.0:ac:classes:TimeSyncToken",
                           kAny = "urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified";

// How much a class says of a login, to compare it with another (SAMLCore §3.3.2.2.1).
constexpr int kUnknown = -1;
int strength(std::string_view context_class) {
  if (context_class == kAny) return 0;
  if (context_class == kPassword || context_class == saml::kPasswordTransport) return 1;
  return context_class == kTwoFactors || context_class == kOtp ? 2 : kUnknown;
}

std::string value_of(const federation::Mapping& mapping, const Person& person) {
  if (mapping.source == "name") return person.name;
  if (mapping.source == "email") return person.email;
  if (mapping.source == "id") return person.id.text();
  constexpr std::string_view kMetadata = "metadata.";
  for (const auto& [name, value] : person.metadata)
    if (mapping.source.substr(kMetadata.size()) == name) return value;
  return {};
}

Result<saml::NameId> name_of(const Asking& asking, const Person& person, std::string_view pairwise, const Issuer& issuer,
                             Entropy& entropy) {
  saml::NameId name{{}, asking.name_format, {}, {}};
  if (asking.name_format == saml::kEmail) {
    if (person.email.empty()) return refuse(Refusal::Invalid, "this user has no e-mail address to be named by");
    name.value = person.email;
  } else if (asking.name_format == saml::kTransient) {
    TRY(name.value, saml::new_id(entropy));
  } else {
    // [SAMLCore §8.3.7] a persistent name says between whom it is known.
    name = {std::string(pairwise), std::string(saml::kPersistent), issuer.entity, asking.entity};
  }
  return name;
}

std::optional<std::string> answered(const Asking& asking) {
  return asking.request_id.empty() ? std::nullopt : std::optional(asking.request_id);
}

Result<saml::ResponseDraft> response_draft(const Asking& asking, const Issuer& issuer, Entropy& entropy, Instant now) {
  TRY(auto id, saml::new_id(entropy));
  return saml::ResponseDraft{std::move(id), issuer.entity, asking.acs, answered(asking), now, std::string(saml::kSuccess), "", ""};
}

Result<saml::AssertionDraft> assertion_draft(const Asking& asking, const Person& person, const federation::ServiceProvider& sp,
                                             std::string_view pairwise, const Issuer& issuer, Entropy& entropy, Instant now) {
  saml::AssertionDraft draft;
  TRY(draft.id, saml::new_id(entropy));
  draft.issuer = issuer.entity;
  draft.audience = asking.entity;
  draft.recipient = asking.acs;
  draft.in_response_to = answered(asking);
  TRY(draft.subject, name_of(asking, person, pairwise, issuer, entropy));
  draft.issued = now;
  draft.not_before = now - kBack;
  draft.not_on_or_after = now + kLifetime;
  draft.authenticated = person.authenticated;
  draft.session_index = person.session;
  draft.session_ends = person.session_ends;
  draft.context_class = person.context_class;
  for (const auto& mapping : sp.attributes)
    if (auto value = value_of(mapping, person); !value.empty())
      draft.attributes.push_back({mapping.attribute, std::string(saml::kBasicName), "", {std::move(value)}});
  return draft;
}

}  // namespace

std::optional<std::string> context_for(const Asking& asking, std::string_view methods) {
  const bool two = methods.find(' ') != std::string_view::npos;
  const bool otp = methods.find("otp") != std::string_view::npos;
  if (asking.contexts.empty()) return std::string(saml::kPasswordTransport);
  const std::string strongest(two ? kTwoFactors : saml::kPasswordTransport);
  const int reached = two ? 2 : 1;
  std::vector<int> wanted;
  for (const auto& one : asking.contexts) wanted.push_back(strength(one));
  const bool all_known = std::ranges::find(wanted, kUnknown) == wanted.end();
  const auto some = [&](auto&& fits) { return std::ranges::any_of(wanted, [&](int one) { return one != kUnknown && fits(one); }); };
  switch (asking.comparison) {
    case saml::Comparison::Minimum: return some([&](int one) { return one <= reached; }) ? std::optional(strongest) : std::nullopt;
    // Than any of them: of what is not known it cannot be said.
    case saml::Comparison::Better: return all_known && std::ranges::max(wanted) < reached ? std::optional(strongest) : std::nullopt;
    case saml::Comparison::Maximum:
      if (some([&](int one) { return one >= reached; })) return strongest;
      break;   // it was more than that, and so also the strongest of those
    case saml::Comparison::Exact: break;
  }
  for (const auto& one : asking.contexts)
    if (const int much = strength(one); much != kUnknown && much <= reached && (one != kOtp || otp)) return one;
  return std::nullopt;
}

Result<Answered> login_response(const Asking& asking, const Person& person, const federation::ServiceProvider& sp,
                                std::string_view pairwise, const Issuer& issuer, Entropy& entropy, Instant now) {
  TRY(auto draft, assertion_draft(asking, person, sp, pairwise, issuer, entropy, now));
  TRY(auto assertion, saml::write_assertion(draft, &issuer.key));
  if (sp.encrypt) {
    for (const auto& key : sp.role().encryption_keys) {
      if (key.type != crypto::KeyType::Rsa) continue;
      TRY(assertion, saml::encrypt_assertion(assertion, key, entropy));
      break;
    }
  }
  TRY(const auto response, response_draft(asking, issuer, entropy, now));
  TRY(auto text, saml::write_response(response, assertion, &issuer.key));
  return Answered{std::move(text), std::move(draft.subject)};
}

Result<Bearer> bearer_assertion(const Person& person, const federation::ServiceProvider& sp, std::string_view pairwise,
                                const Issuer& issuer, Entropy& entropy, Instant now) {
  TRY(const auto draft, assertion_draft(unasked(sp, "", now), person, sp, pairwise, issuer, entropy, now));
  TRY(auto text, saml::write_assertion(draft, &issuer.key));
  return Bearer{std::move(text), draft.id, draft.not_on_or_after};
}

Result<std::string> refusal_response(const Asking& asking, std::string_view sub_status, const Issuer& issuer, Entropy& entropy,
                                     Instant now) {
  TRY(auto response, response_draft(asking, issuer, entropy, now));
  response.status = saml::kResponder;
  response.sub_status = sub_status;
  return saml::write_response(response, {}, &issuer.key);
}

}  // namespace jeton::protocols::sso
