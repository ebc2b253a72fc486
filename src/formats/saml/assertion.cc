#include "formats/saml/assertion.h"

#include <algorithm>

#include "blocks/xml/names.h"
#include "formats/saml/names.h"

namespace jeton::saml {
namespace {

using xml::Element;
using xml::Sequence;
constexpr auto bad(std::string_view what) { return refuse(Refusal::Malformed, what); }
constexpr auto unsupported(std::string_view what) { return refuse(Refusal::Unsupported, what); }

Result<Confirmation> read_confirmation(Element e) {
  TRY_VOID(e.only_attributes({"Method"}));
  Confirmation found;
  found.method = e.attribute("Method").value_or("");
  TRY(auto parts, Sequence::of(e));
  for (const auto* const name : {"BaseID", "NameID", "EncryptedID"}) parts.take(kAssertion, name);
  const auto data = parts.take(kAssertion, "SubjectConfirmationData");
  TRY_VOID(parts.end("more in a subject confirmation than belongs there"));
  if (!data) return found;
  TRY_VOID(data->only_attributes({"NotBefore", "NotOnOrAfter", "Recipient", "InResponseTo", "Address"}));
  TRY(found.not_before, time_attribute(*data, "NotBefore"));
  TRY(found.not_on_or_after, time_attribute(*data, "NotOnOrAfter"));
  found.recipient = data->attribute("Recipient");
  found.in_response_to = data->attribute("InResponseTo");
  return found;
}

Status read_subject(Element e, Assertion& into) {
  TRY(auto parts, Sequence::of(e));
  if (parts.take(kAssertion, "EncryptedID")) return unsupported("an encrypted name of the subject");
  if (parts.take(kAssertion, "BaseID")) return unsupported("a subject that is named by no NameID");
  TRY(const auto name, parts.need(kAssertion, "NameID", "a subject without a NameID"));
  TRY(into.subject, read_name_id(name));
  while (const auto confirmation = parts.take(kAssertion, "SubjectConfirmation")) {
    TRY(auto read, read_confirmation(*confirmation));
    into.confirmations.push_back(std::move(read));
  }
  return parts.end("more in the subject than belongs there");
}

Result<std::vector<std::string>> read_audiences(Element restriction) {
  std::vector<std::string> names;
  TRY(auto parts, Sequence::of(restriction));
  while (const auto audience = parts.take(kAssertion, "Audience")) {
    TRY(const auto text, audience->text());
    names.emplace_back(xml::trim(text));
  }
  TRY_VOID(parts.end("more in an audience restriction than audiences"));
  return names;
}

Result<Conditions> read_conditions(Element e) {
  TRY_VOID(e.only_attributes({"NotBefore", "NotOnOrAfter"}));
  Conditions found;
  TRY(found.not_before, time_attribute(e, "NotBefore"));
  TRY(found.not_on_or_after, time_attribute(e, "NotOnOrAfter"));
  TRY(auto parts, Sequence::of(e));
  while (const auto condition = parts.take_any()) {
    if (condition->is(kAssertion, "AudienceRestriction")) {
      TRY(auto names, read_audiences(*condition));
      found.audiences.push_back(std::move(names));
    } else if (condition->is(kAssertion, "OneTimeUse")) {
      found.one_time_use = true;
    } else if (!condition->is(kAssertion, "ProxyRestriction")) {
      return unsupported("a condition that is not understood");   // [SAMLCore §2.5.1]
    }
  }
  return found;
}

Result<Authentication> read_authentication(Element e) {
  TRY_VOID(e.only_attributes({"AuthnInstant", "SessionIndex", "SessionNotOnOrAfter"}));
  Authentication found;
  TRY(const auto at, time_attribute(e, "AuthnInstant"));
  if (!at) return bad("an authentication without its time");
  found.at = *at;
  TRY(found.session_ends, time_attribute(e, "SessionNotOnOrAfter"));
  found.session_index = e.attribute("SessionIndex").value_or("");
  TRY(auto parts, Sequence::of(e));
  parts.take(kAssertion, "SubjectLocality");
  TRY(const auto context, parts.need(kAssertion, "AuthnContext", "an authentication without its context"));
  TRY_VOID(parts.end("more in an authentication than belongs there"));
  for (const auto child : context.elements_amid_text()) {
    if (!child.is(kAssertion, "AuthnContextClassRef")) continue;
    TRY(const auto name, child.text());
    found.context_class = xml::trim(name);
  }
  return found;
}

// A value is text; where it is a structure (eduPersonTargetedID holds a NameID), the text of that.
Result<std::string> read_value(Element value) {
  if (value.elements_amid_text().empty()) return value.text();
  return std::string(xml::trim(value.all_text()));
}

Status read_attribute(Element e, std::vector<Attribute>& into) {
  auto name = e.attribute("Name");
  if (!name || name->empty()) return bad("an attribute without a name");
  auto at = std::ranges::find(into, *name, &Attribute::name);
  if (at == into.end()) {
    into.push_back({*std::move(name), e.attribute("NameFormat").value_or(""), e.attribute("FriendlyName").value_or(""), {}});
    at = into.end() - 1;
  }
  TRY(auto parts, Sequence::of(e));
  while (const auto value = parts.take(kAssertion, "AttributeValue")) {
    TRY(auto text, read_value(*value));
    at->values.push_back(std::move(text));
  }
  return parts.end("more in an attribute than values");
}

Status read_statements(Sequence& parts, Assertion& into) {
  while (const auto statement = parts.take_any()) {
    if (statement->is(kAssertion, "AuthnStatement")) {
      TRY(auto authentication, read_authentication(*statement));
      into.authentications.push_back(std::move(authentication));
    } else if (statement->is(kAssertion, "AttributeStatement")) {
      TRY(auto attributes, Sequence::of(*statement));
      while (const auto attribute = attributes.take(kAssertion, "Attribute")) TRY_VOID(read_attribute(*attribute, into.attributes));
      if (attributes.take(kAssertion, "EncryptedAttribute")) return unsupported("an encrypted attribute");
      TRY_VOID(attributes.end("more in an attribute statement than attributes"));
    } else if (!statement->is(kAssertion, "AuthzDecisionStatement")) {
      return unsupported("a statement that is not understood");
    }
  }
  return {};
}

}  // namespace

Result<Assertion> read_assertion(Element e) {
  if (!e.is(kAssertion, "Assertion")) return bad("not an assertion");
  TRY_VOID(e.only_attributes({"ID", "Version", "IssueInstant"}));
  TRY(const auto head, read_head(e));
  Assertion found;
  found.id = head.id;
  found.issued = head.issued;
  TRY(auto parts, Sequence::of(e));
  TRY(const auto issuer, parts.need(kAssertion, "Issuer", "an assertion without an issuer"));
  TRY(found.issuer, read_issuer(issuer));
  parts.take(xml::kDs, "Signature");
  TRY(const auto subject, parts.need(kAssertion, "Subject", "an assertion without a subject"));
  TRY_VOID(read_subject(subject, found));
  if (const auto conditions = parts.take(kAssertion, "Conditions")) { TRY(found.conditions, read_conditions(*conditions)); }
  parts.take(kAssertion, "Advice");
  TRY_VOID(read_statements(parts, found));
  return found;
}

}  // namespace jeton::saml
