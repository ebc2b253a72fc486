#include "formats/saml/login.h"

#include "blocks/xml/encryption.h"
#include "blocks/xml/names.h"
#include "blocks/xml/signature.h"
#include "formats/saml/login_rules.h"
#include "formats/saml/names.h"

namespace jeton::saml {
namespace {

using xml::Element;
constexpr auto denied(std::string_view what) { return refuse(Refusal::Denied, what); }

// A samlp:Response as it stands: its own words, and where its one assertion is.
struct Outer {
  std::string issuer;   // empty where it has none
  std::optional<std::string> destination, in_response_to;
  std::string status;
  std::optional<Element> assertion, encrypted;
};

Result<Outer> read_response(Element e) {
  if (!e.is(kProtocol, "Response")) return refuse(Refusal::WrongType, "not a SAML response");
  TRY_VOID(e.only_attributes({"ID", "Version", "IssueInstant", "Destination", "Consent", "InResponseTo"}));
  TRY(const auto head, read_head(e));
  Outer outer{{}, e.attribute("Destination"), e.attribute("InResponseTo"), {}, {}, {}};
  TRY(auto parts, xml::Sequence::of(e));
  if (const auto issuer = parts.take(kAssertion, "Issuer")) { TRY(outer.issuer, read_issuer(*issuer)); }
  parts.take(xml::kDs, "Signature");
  parts.take(kProtocol, "Extensions");
  TRY(const auto status, parts.need(kProtocol, "Status", "a response without a status"));
  TRY(outer.status, read_status(status));
  while (const auto child = parts.take_any()) {
    auto& place = child->is(kAssertion, "Assertion") ? outer.assertion : outer.encrypted;
    if (!child->is(kAssertion, "Assertion") && !child->is(kAssertion, "EncryptedAssertion"))
      return refuse(Refusal::Malformed, "something in the response that does not belong there");
    if (outer.assertion || outer.encrypted) return denied("more than one assertion");
    place = *child;
  }
  return outer;
}

// Assertions anywhere but in their place are what wrapping attacks are made of; nobody else needs them.
Status no_other_assertions(Element below, const std::optional<Element>& the_one) {
  for (const auto child : below.elements_amid_text()) {
    const bool assertion = child.space() == kAssertion && (child.name() == "Assertion" || child.name() == "EncryptedAssertion");
    if ((assertion && child != the_one) || child.is(kProtocol, "Response"))
      return denied("an assertion or a response inside another element");
    TRY_VOID(no_other_assertions(child, the_one));
  }
  return {};
}

// The element under its own signature; nothing where it has none. One that is there and not good refuses.
Result<std::optional<xml::Verified>> verified(Element element, std::span<const crypto::VerifyKey> keys) {
  TRY(const auto signature, xml::signature_of(element));
  if (!signature) return std::optional<xml::Verified>();
  TRY(auto found, xml::verify(element, *signature, keys));
  return std::optional(std::move(found));
}

Status hold_response(const Outer& outer, const Expected& expected, bool has_signature) {
  // [SAMLProf §4.1.4.2] the issuer may be left out only where nothing is signed by it and nothing hidden.
  if (outer.issuer.empty() ? has_signature || outer.encrypted.has_value() : outer.issuer != expected.idp)
    return refuse(Refusal::WrongIssuer, "the response is from another issuer, or does not say from whom");
  // [SAMLBind §3.5.5.2] a signed message names its destination.
  if (outer.destination ? *outer.destination != expected.acs : has_signature)
    return denied("the response is for another destination, or does not say for which");
  if (!expected.request_id && outer.in_response_to) return denied("the response answers a request, and none was made");
  if (expected.request_id && outer.in_response_to != *expected.request_id) return denied("the response answers another request");
  if (outer.status != kSuccess) return denied("the identity provider did not report success");
  return {};
}

// Reads the assertion from the octets its own signature covers, or else from those the response's signature covers.
Result<Assertion> believed_assertion(Element assertion, const std::optional<Element>& covered, std::span<const crypto::VerifyKey> keys) {
  TRY(const auto own, verified(assertion, keys));
  if (own) return read_assertion(own->root());
  if (!covered) return denied("neither the response nor its assertion is signed");
  return read_assertion(*covered);
}

Result<Assertion> read_encrypted(const Outer& outer, bool covered, const Expected& expected) {
  TRY(const auto opened, xml::open(*outer.encrypted, expected.decryption));
  const auto assertion = opened.element();
  TRY_VOID(no_other_assertions(assertion, std::nullopt));
  return believed_assertion(assertion, covered ? std::optional(assertion) : std::nullopt, expected.idp_keys);
}

}  // namespace

Result<Login> verify_response(std::string_view message, const Expected& expected, Instant now) {
  TRY(const auto document, xml::Document::parse(message));
  TRY(const auto presented, read_response(document.root()));
  TRY_VOID(no_other_assertions(document.root(), presented.assertion ? presented.assertion : presented.encrypted));
  TRY(const auto response, verified(document.root(), expected.idp_keys));
  // From here on the response is the one its signature covers, where it has one.
  Outer outer = presented;
  if (response) { TRY(outer, read_response(response->root())); }
  TRY_VOID(hold_response(outer, expected, response.has_value()));
  if (outer.encrypted) {
    TRY(auto assertion, read_encrypted(outer, response.has_value(), expected));
    TRY(auto login, hold(std::move(assertion), expected, now, Statement::Needed));
    login.encrypted = true;
    return login;
  }
  if (!outer.assertion) return denied("a response without an assertion");
  // The assertion's own signature is over the document as it came: the response's canonical form may lack declarations it names.
  TRY(auto assertion, believed_assertion(*presented.assertion, response ? outer.assertion : std::nullopt, expected.idp_keys));
  return hold(std::move(assertion), expected, now, Statement::Needed);
}

Result<Login> verify_assertion(std::string_view text, const Expected& expected, Instant now) {
  TRY(const auto document, xml::Document::parse(text));
  if (!document.root().is(kAssertion, "Assertion")) return refuse(Refusal::WrongType, "not a SAML assertion");
  TRY_VOID(no_other_assertions(document.root(), std::nullopt));
  TRY(auto assertion, believed_assertion(document.root(), std::nullopt, expected.idp_keys));
  // [RFC7522 §3] the statement is not asked for; the rest is.
  return hold(std::move(assertion), expected, now, Statement::NotNeeded);
}

}  // namespace jeton::saml
