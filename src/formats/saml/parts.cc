#include "formats/saml/parts.h"

#include "formats/saml/names.h"

namespace jeton::saml {
namespace {

constexpr auto bad(std::string_view what) { return refuse(Refusal::Malformed, what); }
constexpr std::size_t kMostName = 1024;   // [SAMLCore §8.3.6] entity names

}  // namespace

Result<Instant> read_time(std::string_view text) {
  const auto t = parse_rfc3339(xml::trim(text));
  if (!t) return bad("a time that is not xs:dateTime in UTC");
  return *t;
}

Result<std::optional<Instant>> time_attribute(xml::Element element, std::string_view name) {
  const auto text = element.attribute(name);
  if (!text) return std::optional<Instant>();
  TRY(const auto t, read_time(*text));
  return std::optional(t);
}

std::string write_time(Instant t) { return to_rfc3339(t); }

Result<Head> read_head(xml::Element element) {
  const auto id = element.attribute("ID");
  if (!id || id->empty() || id->size() > kMostName) return bad("no ID");
  if (element.attribute("Version") != "2.0") return refuse(Refusal::Unsupported, "SAML 2.0 only");
  TRY(const auto issued, time_attribute(element, "IssueInstant"));
  if (!issued) return bad("no IssueInstant");
  return Head{*id, *issued};
}

Result<std::string> read_issuer(xml::Element issuer) {
  TRY(const auto text, issuer.text());
  const auto format = issuer.attribute("Format");
  if (format && *format != kEntityFormat) return refuse(Refusal::WrongIssuer, "an issuer that is not an entity");
  const auto name = xml::trim(text);
  if (name.empty() || name.size() > kMostName) return bad("an issuer without a name");
  return std::string(name);
}

Result<NameId> read_name_id(xml::Element name_id) {
  TRY_VOID(name_id.only_attributes({"Format", "NameQualifier", "SPNameQualifier", "SPProvidedID"}));
  TRY(auto value, name_id.text());
  if (xml::trim(value).empty()) return bad("a NameID without a value");
  return NameId{std::move(value), name_id.attribute("Format").value_or(""), name_id.attribute("NameQualifier").value_or(""),
                name_id.attribute("SPNameQualifier").value_or("")};
}

Result<std::string> read_status(xml::Element status) {
  TRY(auto parts, xml::Sequence::of(status));
  TRY(const auto code, parts.need(kProtocol, "StatusCode", "a status without a code"));
  parts.take(kProtocol, "StatusMessage");
  parts.take(kProtocol, "StatusDetail");
  TRY_VOID(parts.end("more in the status than belongs there"));
  auto value = code.attribute("Value");
  if (!value) return bad("a status code without a value");
  return *std::move(value);
}

}  // namespace jeton::saml
