#include "formats/saml/request.h"

#include <array>
#include <charconv>

#include "blocks/xml/names.h"
#include "formats/saml/names.h"
#include "formats/saml/signing.h"

namespace jeton::saml {
namespace {

using xml::Element;
constexpr auto bad(std::string_view what) { return refuse(Refusal::Malformed, what); }
constexpr std::array<std::string_view, 4> kComparisons = {"exact", "minimum", "maximum", "better"};
constexpr std::size_t kMostClasses = 16;

Result<bool> flag(Element e, std::string_view name) {
  const auto text = e.attribute(name);
  if (!text || text == "false" || text == "0") return false;
  if (text == "true" || text == "1") return true;
  return bad("a flag that is neither true nor false");
}

Result<std::optional<std::uint16_t>> index_attribute(Element e, std::string_view name) {
  const auto text = e.attribute(name);
  if (!text) return std::optional<std::uint16_t>();
  std::uint16_t number = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (error != std::errc() || end != text->data() + text->size()) return bad("an index that is not a number");
  return std::optional(number);
}

Status read_contexts(Element e, AuthnRequest& into) {
  const auto comparison = e.attribute("Comparison").value_or("exact");
  std::size_t at = 0;
  while (at < kComparisons.size() && kComparisons[at] != comparison) ++at;
  if (at == kComparisons.size()) return bad("an unknown comparison of contexts");
  into.comparison = static_cast<Comparison>(at);
  TRY(auto parts, xml::Sequence::of(e));
  while (const auto name = parts.take(kAssertion, "AuthnContextClassRef")) {
    TRY(const auto text, name->text());
    into.context_classes.emplace_back(xml::trim(text));
    if (into.context_classes.size() > kMostClasses) return refuse(Refusal::TooLarge, "too many contexts");
  }
  if (parts.take(kAssertion, "AuthnContextDeclRef")) return refuse(Refusal::Unsupported, "contexts by declaration");
  return parts.end("more in the requested contexts than belongs there");
}

Status read_children(Element e, AuthnRequest& into) {
  TRY(auto parts, xml::Sequence::of(e));
  TRY(const auto issuer, parts.need(kAssertion, "Issuer", "a request without an issuer"));
  TRY(into.issuer, read_issuer(issuer));
  parts.take(xml::kDs, "Signature");
  parts.take(kProtocol, "Extensions");
  if (parts.take(kAssertion, "Subject")) return refuse(Refusal::Unsupported, "a request for one subject");
  if (const auto policy = parts.take(kProtocol, "NameIDPolicy")) {
    into.name_format = policy->attribute("Format").value_or("");
    TRY(into.allow_create, flag(*policy, "AllowCreate"));
  }
  if (parts.take(kAssertion, "Conditions")) return refuse(Refusal::Unsupported, "conditions in a request");
  if (const auto contexts = parts.take(kProtocol, "RequestedAuthnContext")) TRY_VOID(read_contexts(*contexts, into));
  parts.take(kProtocol, "Scoping");   // who else could answer: only we do
  return parts.end("more in the request than belongs there");
}

}  // namespace

Result<AuthnRequest> read_authn_request(Element e) {
  if (!e.is(kProtocol, "AuthnRequest")) return refuse(Refusal::WrongType, "not an AuthnRequest");
  TRY_VOID(e.only_attributes({"ID", "Version", "IssueInstant", "Destination", "Consent", "ForceAuthn", "IsPassive", "ProtocolBinding",
                              "AssertionConsumerServiceIndex", "AssertionConsumerServiceURL", "AttributeConsumingServiceIndex",
                              "ProviderName"}));
  TRY(const auto head, read_head(e));
  AuthnRequest found;
  found.id = head.id;
  found.issued = head.issued;
  found.destination = e.attribute("Destination").value_or("");
  found.acs_url = e.attribute("AssertionConsumerServiceURL").value_or("");
  found.binding = e.attribute("ProtocolBinding").value_or("");
  TRY(found.acs_index, index_attribute(e, "AssertionConsumerServiceIndex"));
  if (found.acs_index && (!found.acs_url.empty() || !found.binding.empty())) return bad("an index of the consumer and its address");
  TRY(found.force, flag(e, "ForceAuthn"));
  TRY(found.passive, flag(e, "IsPassive"));
  TRY_VOID(read_children(e, found));
  return found;
}

Result<std::string> write_authn_request(const AuthnRequest& r, const crypto::SignKey* key) {
  std::string whole;
  xml::Writer w(whole);
  w.start("samlp:AuthnRequest").space("samlp", kProtocol);
  if (r.acs_index) w.attribute("AssertionConsumerServiceIndex", std::to_string(*r.acs_index));
  w.optional("AssertionConsumerServiceURL", r.acs_url).optional("Destination", r.destination);
  if (r.force) w.attribute("ForceAuthn", "true");
  w.attribute("ID", r.id);
  if (r.passive) w.attribute("IsPassive", "true");
  w.attribute("IssueInstant", write_time(r.issued)).optional("ProtocolBinding", r.binding).attribute("Version", "2.0");
  w.start("saml:Issuer").space("saml", kAssertion).text(r.issuer).end();
  const auto issuer_ends = whole.size();
  if (!r.name_format.empty() || r.allow_create) {
    w.start("samlp:NameIDPolicy");
    if (r.allow_create) w.attribute("AllowCreate", "true");
    w.optional("Format", r.name_format).end();
  }
  if (!r.context_classes.empty()) {
    w.start("samlp:RequestedAuthnContext").attribute("Comparison", kComparisons[static_cast<std::size_t>(r.comparison)]);
    for (const auto& name : r.context_classes) w.start("saml:AuthnContextClassRef").space("saml", kAssertion).text(name).end();
    w.end();
  }
  w.end();
  if (!w.good()) return refuse(Refusal::Invalid, "a value with a character that XML cannot carry");
  const std::string_view text = whole;
  return signed_after_issuer(text.substr(0, issuer_ends), text.substr(issuer_ends), r.id, key);
}

}  // namespace jeton::saml
