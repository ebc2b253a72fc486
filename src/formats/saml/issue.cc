#include "formats/saml/issue.h"

#include "blocks/xml/encryption.h"
#include "formats/saml/names.h"
#include "formats/saml/signing.h"

namespace jeton::saml {
namespace {

using xml::Writer;
constexpr std::string_view kUnspecifiedContext = "urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified";

void write_subject(Writer& w, const AssertionDraft& d) {
  w.start("saml:Subject").start("saml:NameID").optional("Format", d.subject.format).optional("NameQualifier", d.subject.name_qualifier);
  w.optional("SPNameQualifier", d.subject.sp_name_qualifier).text(d.subject.value).end();
  w.start("saml:SubjectConfirmation").attribute("Method", kBearer).start("saml:SubjectConfirmationData");
  if (d.in_response_to) w.attribute("InResponseTo", *d.in_response_to);
  w.attribute("NotOnOrAfter", write_time(d.not_on_or_after)).attribute("Recipient", d.recipient);
  w.end().end().end();
}

void write_conditions(Writer& w, const AssertionDraft& d) {
  w.start("saml:Conditions").attribute("NotBefore", write_time(d.not_before)).attribute("NotOnOrAfter", write_time(d.not_on_or_after));
  w.start("saml:AudienceRestriction").leaf("saml:Audience", d.audience).end().end();
}

void write_authentication(Writer& w, const AssertionDraft& d) {
  w.start("saml:AuthnStatement").attribute("AuthnInstant", write_time(d.authenticated)).optional("SessionIndex", d.session_index);
  if (d.session_ends) w.attribute("SessionNotOnOrAfter", write_time(*d.session_ends));
  w.start("saml:AuthnContext");
  w.leaf("saml:AuthnContextClassRef", d.context_class.empty() ? kUnspecifiedContext : std::string_view(d.context_class)).end().end();
}

void write_attributes(Writer& w, const AssertionDraft& d) {
  if (d.attributes.empty()) return;
  w.start("saml:AttributeStatement");
  for (const auto& attribute : d.attributes) {
    w.start("saml:Attribute").optional("FriendlyName", attribute.friendly_name).attribute("Name", attribute.name);
    w.optional("NameFormat", attribute.name_format);
    for (const auto& value : attribute.values) w.leaf("saml:AttributeValue", value);
    w.end();
  }
  w.end();
}

constexpr auto uncarried() { return refuse(Refusal::Invalid, "a value with a character that XML cannot carry"); }

}  // namespace

Result<std::string> write_assertion(const AssertionDraft& d, const crypto::SignKey* key) {
  std::string whole;
  Writer w(whole);
  w.start("saml:Assertion").space("saml", kAssertion).attribute("ID", d.id).attribute("IssueInstant", write_time(d.issued));
  w.attribute("Version", "2.0").leaf("saml:Issuer", d.issuer);
  const auto issuer_ends = whole.size();
  write_subject(w, d);
  write_conditions(w, d);
  write_authentication(w, d);
  write_attributes(w, d);
  w.end();
  if (!w.good()) return uncarried();
  const std::string_view text = whole;
  return signed_after_issuer(text.substr(0, issuer_ends), text.substr(issuer_ends), d.id, key);
}

Result<std::string> write_response(const ResponseDraft& d, std::string_view content, const crypto::SignKey* key) {
  std::string whole;
  Writer w(whole);
  w.start("samlp:Response").space("samlp", kProtocol).attribute("Destination", d.destination).attribute("ID", d.id);
  if (d.in_response_to) w.attribute("InResponseTo", *d.in_response_to);
  w.attribute("IssueInstant", write_time(d.issued)).attribute("Version", "2.0");
  w.start("saml:Issuer").space("saml", kAssertion).text(d.issuer).end();
  const auto issuer_ends = whole.size();
  w.start("samlp:Status").start("samlp:StatusCode").attribute("Value", d.status);
  if (!d.sub_status.empty()) w.start("samlp:StatusCode").attribute("Value", d.sub_status).end();
  w.end();
  if (!d.status_message.empty()) w.leaf("samlp:StatusMessage", d.status_message);
  w.end().raw(content).end();
  if (!w.good()) return uncarried();
  const std::string_view text = whole;
  return signed_after_issuer(text.substr(0, issuer_ends), text.substr(issuer_ends), d.id, key);
}

Result<std::string> encrypt_assertion(std::string_view assertion, const crypto::PublicParts& to, Entropy& entropy) {
  TRY(const auto sealed, xml::seal(assertion, to, entropy));
  std::string out = "<saml:EncryptedAssertion xmlns:saml=\"";
  return out.append(kAssertion).append("\">").append(sealed).append("</saml:EncryptedAssertion>");
}

}  // namespace jeton::saml
