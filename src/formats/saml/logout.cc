#include "formats/saml/logout.h"

#include "blocks/xml/names.h"
#include "formats/saml/names.h"
#include "formats/saml/signing.h"

namespace jeton::saml {
namespace {

using xml::Element;
constexpr std::size_t kMostSessions = 64;

// What every message begins with, its issuer included; the sequence stands after the extensions.
Result<xml::Sequence> read_beginning(Element e, std::string& issuer) {
  TRY(auto parts, xml::Sequence::of(e));
  TRY(const auto who, parts.need(kAssertion, "Issuer", "a message without an issuer"));
  TRY(issuer, read_issuer(who));
  parts.take(xml::kDs, "Signature");
  parts.take(kProtocol, "Extensions");
  return parts;
}

constexpr auto uncarried() { return refuse(Refusal::Invalid, "a value with a character that XML cannot carry"); }

}  // namespace

Result<LogoutRequest> read_logout_request(Element e) {
  if (!e.is(kProtocol, "LogoutRequest")) return refuse(Refusal::WrongType, "not a LogoutRequest");
  TRY_VOID(e.only_attributes({"ID", "Version", "IssueInstant", "Destination", "Consent", "Reason", "NotOnOrAfter"}));
  TRY(const auto head, read_head(e));
  LogoutRequest found;
  found.id = head.id;
  found.issued = head.issued;
  found.destination = e.attribute("Destination").value_or("");
  TRY(found.not_on_or_after, time_attribute(e, "NotOnOrAfter"));
  TRY(auto parts, read_beginning(e, found.issuer));
  if (parts.take(kAssertion, "EncryptedID")) return refuse(Refusal::Unsupported, "an encrypted name of the subject");
  TRY(const auto name, parts.need(kAssertion, "NameID", "a logout of nobody"));
  TRY(found.subject, read_name_id(name));
  while (const auto index = parts.take(kProtocol, "SessionIndex")) {
    TRY(const auto text, index->text());
    found.session_indexes.emplace_back(xml::trim(text));
    if (found.session_indexes.size() > kMostSessions) return refuse(Refusal::TooLarge, "too many sessions");
  }
  TRY_VOID(parts.end("more in the request than belongs there"));
  return found;
}

Result<LogoutResponse> read_logout_response(Element e) {
  if (!e.is(kProtocol, "LogoutResponse")) return refuse(Refusal::WrongType, "not a LogoutResponse");
  TRY_VOID(e.only_attributes({"ID", "Version", "IssueInstant", "Destination", "Consent", "InResponseTo"}));
  TRY(const auto head, read_head(e));
  LogoutResponse found;
  found.id = head.id;
  found.issued = head.issued;
  found.destination = e.attribute("Destination").value_or("");
  found.in_response_to = e.attribute("InResponseTo").value_or("");
  TRY(auto parts, read_beginning(e, found.issuer));
  TRY(const auto status, parts.need(kProtocol, "Status", "a response without a status"));
  TRY(found.status, read_status(status));
  TRY_VOID(parts.end("more in the response than belongs there"));
  return found;
}

Result<std::string> write_logout_request(const LogoutRequest& r, const crypto::SignKey* key) {
  std::string whole;
  xml::Writer w(whole);
  w.start("samlp:LogoutRequest").space("samlp", kProtocol).optional("Destination", r.destination).attribute("ID", r.id);
  w.attribute("IssueInstant", write_time(r.issued));
  if (r.not_on_or_after) w.attribute("NotOnOrAfter", write_time(*r.not_on_or_after));
  w.attribute("Version", "2.0").start("saml:Issuer").space("saml", kAssertion).text(r.issuer).end();
  const auto issuer_ends = whole.size();
  w.start("saml:NameID").space("saml", kAssertion).optional("Format", r.subject.format);
  w.optional("NameQualifier", r.subject.name_qualifier).optional("SPNameQualifier", r.subject.sp_name_qualifier);
  w.text(r.subject.value).end();
  for (const auto& index : r.session_indexes) w.leaf("samlp:SessionIndex", index);
  w.end();
  if (!w.good()) return uncarried();
  const std::string_view text = whole;
  return signed_after_issuer(text.substr(0, issuer_ends), text.substr(issuer_ends), r.id, key);
}

Result<std::string> write_logout_response(const LogoutResponse& r, const crypto::SignKey* key) {
  std::string whole;
  xml::Writer w(whole);
  w.start("samlp:LogoutResponse").space("samlp", kProtocol).optional("Destination", r.destination).attribute("ID", r.id);
  w.optional("InResponseTo", r.in_response_to).attribute("IssueInstant", write_time(r.issued)).attribute("Version", "2.0");
  w.start("saml:Issuer").space("saml", kAssertion).text(r.issuer).end();
  const auto issuer_ends = whole.size();
  w.start("samlp:Status").start("samlp:StatusCode").attribute("Value", r.status);
  if (!r.sub_status.empty()) w.start("samlp:StatusCode").attribute("Value", r.sub_status).end();
  w.end().end().end();
  if (!w.good()) return uncarried();
  const std::string_view text = whole;
  return signed_after_issuer(text.substr(0, issuer_ends), text.substr(issuer_ends), r.id, key);
}

}  // namespace jeton::saml
