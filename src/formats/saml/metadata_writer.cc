#include "formats/saml/metadata_writer.h"

#include "blocks/xml/base64.h"
#include "blocks/xml/names.h"
#include "blocks/xml/signature.h"
#include "blocks/xml/writer.h"
#include "formats/saml/names.h"
#include "formats/saml/signing.h"

namespace jeton::saml {
namespace {

void write_key(xml::Writer& w, std::string_view use, const Bytes& certificate) {
  w.start("md:KeyDescriptor").attribute("use", use).start("ds:KeyInfo").space("ds", xml::kDs);
  w.start("ds:X509Data").leaf("ds:X509Certificate", base64::encode(certificate)).end().end().end();
}

void write_endpoints(xml::Writer& w, std::string_view element, const std::vector<Endpoint>& endpoints) {
  for (const auto& e : endpoints) {
    w.start(element).attribute("Binding", e.binding).attribute("Location", e.location);
    if (e.index) w.attribute("index", std::to_string(*e.index));
    w.end();
  }
}

// [SAMLAlg §2.3] what we verify, in both roles.
void write_algorithms(xml::Writer& w) {
  w.start("md:Extensions");
  const auto each = [&](std::string_view element, std::span<const std::string_view> uris) {
    for (const auto uri : uris) w.start(element).space("alg", kAlgorithmSupport).attribute("Algorithm", uri).end();
  };
  each("alg:DigestMethod", xml::digest_uris());
  each("alg:SigningMethod", xml::signature_uris());
  w.end();
}

void write_idp(xml::Writer& w, const OwnMetadata& m) {
  w.start("md:IDPSSODescriptor").attribute("WantAuthnRequestsSigned", "false").attribute("protocolSupportEnumeration", kProtocol);
  for (const auto& certificate : m.certificates) write_key(w, "signing", certificate);
  write_endpoints(w, "md:SingleLogoutService", m.logout);
  for (const auto& format : m.name_formats) w.leaf("md:NameIDFormat", format);
  write_endpoints(w, "md:SingleSignOnService", m.single_sign_on);
  w.end();
}

void write_sp(xml::Writer& w, const OwnMetadata& m) {
  w.start("md:SPSSODescriptor").attribute("AuthnRequestsSigned", "true").attribute("WantAssertionsSigned", "true");
  w.attribute("protocolSupportEnumeration", kProtocol);
  for (const auto& certificate : m.certificates) write_key(w, "signing", certificate);
  for (const auto& certificate : m.encryption) write_key(w, "encryption", certificate);
  write_endpoints(w, "md:SingleLogoutService", m.logout);
  write_endpoints(w, "md:AssertionConsumerService", m.assertion_consumers);
  w.end();
}

}  // namespace

Result<std::string> write_metadata(const OwnMetadata& m, const crypto::SignKey& key) {
  std::string whole;
  xml::Writer w(whole);
  w.start("md:EntityDescriptor").space("md", kMetadata).attribute("ID", m.id).attribute("entityID", m.entity);
  w.attribute("validUntil", write_time(m.valid_until));
  // The signature is the first child: there is no issuer to stand after. Text closes the tag.
  w.text("");
  const auto begins = whole.size();
  write_algorithms(w);
  write_idp(w, m);
  if (!m.assertion_consumers.empty()) write_sp(w, m);
  w.end();
  if (!w.good()) return refuse(Refusal::Invalid, "a value with a character that XML cannot carry");
  const std::string_view text = whole;
  return signed_after_issuer(text.substr(0, begins), text.substr(begins), m.id, &key);
}

}  // namespace jeton::saml
