#include "protocols/peer_certificate.h"

#include "blocks/http/form.h"
#include "blocks/xml/base64.h"
#include "ground/base64url.h"
#include "protocols/proxy.h"

namespace jeton::protocols {
namespace {

constexpr auto bad(std::string_view why) {
  return refuse(Refusal::Malformed, why);
}

// What proxies make of a certificate: DER in base64, between colons (RFC 9440) or not; PEM, percent-encoded
// (nginx) or with its lines joined.
Result<Bytes> der_of(std::string_view field) {
  std::string text(field);
  if (text.find('%') != std::string::npos) {
    TRY(text, http::percent_decode(field, http::Plus::Literal));
  }
  for (const std::string_view mark : {"-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"})
    if (const auto at = text.find(mark); at != std::string::npos) text.erase(at, mark.size());
  std::erase_if(text, [](char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; });
  if (text.size() > 1 && text.starts_with(':') && text.ends_with(':')) text = text.substr(1, text.size() - 2);
  const auto der = base64::decode(text);
  if (!der || der->empty()) return bad("the certificate that the proxy handed on cannot be read");
  return *der;
}

}  // namespace

Result<std::optional<PeerCertificate>> peer_certificate(const Rooms& rooms, const http::Request& request) {
  const auto& own = request.origin.certificate;
  if (!own.empty()) return PeerCertificate{Bytes(own.begin(), own.end()), request.origin.certificate_trusted};
  const auto& facts = rooms.facts;
  if (facts.certificate_field.empty() || !is_proxy(request, facts.trusted_proxies)) return std::nullopt;
  const auto count = request.count(facts.certificate_field);
  if (count > 1) return bad("two certificates");
  const auto field = request.field(facts.certificate_field).value_or("");
  if (field.empty()) return std::nullopt;
  TRY(auto der, der_of(field));
  const bool trusted = !facts.certificate_verified_field.empty() &&
                       request.count(facts.certificate_verified_field) == 1 &&
                       request.field(facts.certificate_verified_field) == "SUCCESS";
  return PeerCertificate{std::move(der), trusted};
}

std::string confirmation_of(const PeerCertificate& certificate) {
  return "{\"x5t#S256\":\"" + base64url::encode(crypto::sha256(certificate.der)) + "\"}";
}

}  // namespace jeton::protocols
