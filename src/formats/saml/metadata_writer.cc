#include "formats/saml/metadata_writer.h"

#include "blocks/xml/base64.h"
#include "blocks/xml/names.h"
#include "blocks/xml/writer.h"
#include "formats/saml/names.h"
#include "formats/saml/signing.h"

namespace jeton::saml {
namespace {

void write_key(xml::Writer& w, const Bytes& certificate) {
  w.start("md:KeyDescriptor").attribute("use", "signing").start("ds:KeyInfo").space("ds", xml::kDs);
  w.start("ds:X509Data").leaf("ds:X509Certificate", base64::encode(certificate)).end().end().end();
}

void write_endpoints(xml::Writer& w, std::string_view element, const std::vector<Endpoint>& endpoints) {
  for (const auto& e : endpoints) w.start(element).attribute("Binding", e.binding).attribute("Location", e.location).end();
}

}  // namespace

Result<std::string> write_metadata(const IdpMetadata& m, const crypto::SignKey& key) {
  std::string whole;
  xml::Writer w(whole);
  w.start("md:EntityDescriptor").space("md", kMetadata).attribute("ID", m.id).attribute("entityID", m.entity);
  w.attribute("validUntil", write_time(m.valid_until));
  // The signature is the first child: there is no issuer to stand after. Text closes the tag.
  w.text("");
  const auto begins = whole.size();
  w.start("md:IDPSSODescriptor").attribute("WantAuthnRequestsSigned", "false").attribute("protocolSupportEnumeration", kProtocol);
  for (const auto& certificate : m.certificates) write_key(w, certificate);
  write_endpoints(w, "md:SingleLogoutService", m.logout);
  for (const auto& format : m.name_formats) w.leaf("md:NameIDFormat", format);
  write_endpoints(w, "md:SingleSignOnService", m.single_sign_on);
  w.end().end();
  if (!w.good()) return refuse(Refusal::Invalid, "a value with a character that XML cannot carry");
  const std::string_view text = whole;
  return signed_after_issuer(text.substr(0, begins), text.substr(begins), m.id, &key);
}

}  // namespace jeton::saml
