#include "protocols/sso/issuer.h"

#include "blocks/crypto/pem/certificate.h"
#include "formats/jose/jwk.h"
#include "formats/saml/metadata_writer.h"
#include "formats/saml/names.h"
#include "formats/saml/signing.h"
#include "protocols/problem.h"

namespace jeton::protocols::sso {
namespace {

// The same at every call and on every node: some service providers hold a certificate by its octets.
constexpr Instant kFrom = Instant::from_seconds(1'577'836'800), kUntil = Instant::from_seconds(2'524'608'000);   // 2020 and 2050
constexpr Seconds kMetadataLives{7 * 86'400};

Result<std::vector<Bytes>> certificates(const Rooms& rooms, const crypto::SignKey& active) {
  const crypto::CertificateDraft draft{rooms.facts.issuer, kFrom, kUntil};
  std::vector<Bytes> all;
  TRY(auto own, crypto::make_certificate(active.public_parts(), active, draft));
  all.push_back(std::move(own));
  const auto ring = rooms.signing_keys.ring();
  TRY(const auto published, jose::parse_jwk_set(ring->jwks()));
  for (const auto& entry : ring->entries()) {
    if (entry.state != ledger::KeyState::Next || entry.verify.alg() != crypto::SignAlg::RS256 || !entry.api.none()) continue;
    for (const auto& jwk : published.keys) {
      if (jwk.kid != entry.kid) continue;
      TRY(auto next, crypto::make_certificate(jwk.pub, active, draft));
      all.push_back(std::move(next));
    }
  }
  return all;
}

}  // namespace

std::string entity(const Rooms& rooms) { return rooms.facts.issuer + "/saml/metadata"; }
std::string sso_address(const Rooms& rooms) { return rooms.facts.issuer + "/saml/sso"; }

std::string acs_address(const Rooms& rooms) { return rooms.facts.issuer + "/saml/acs"; }
std::string slo_address(const Rooms& rooms) { return rooms.facts.issuer + "/saml/slo"; }

Result<crypto::SignKey> signing_key(Rooms& rooms, Instant now) {
  auto ring = rooms.signing_keys.ring();
  if (ring->signer(crypto::SignAlg::RS256, ApiId()) == nullptr) {
    const audit::Actor system{.name = "system", .address = {}, .request_id = {}};
    TRY_VOID(rooms.signing_keys.ensure(crypto::SignAlg::RS256, {system, now}));
    ring = rooms.signing_keys.ring();
  }
  const auto* entry = ring->signer(crypto::SignAlg::RS256, ApiId());
  if (entry == nullptr || !entry->sign) return fault(Fault::Crypto, "no key to sign with");
  return *entry->sign;
}

Result<std::string> metadata_text(Rooms& rooms, Instant now) {
  TRY(const auto key, signing_key(rooms, now));
  saml::OwnMetadata m;
  TRY(m.id, saml::new_id(rooms.entropy));
  m.entity = entity(rooms);
  m.valid_until = now + kMetadataLives;
  TRY(m.certificates, certificates(rooms, key));
  const auto address = sso_address(rooms);
  m.single_sign_on = {{std::string(saml::kHttpRedirect), address, "", {}, false}, {std::string(saml::kHttpPost), address, "", {}, false}};
  const auto logout = slo_address(rooms);
  m.logout = {{std::string(saml::kHttpRedirect), logout, "", {}, false}, {std::string(saml::kHttpPost), logout, "", {}, false}};
  m.assertion_consumers = {{std::string(saml::kHttpPost), acs_address(rooms), "", 0, true}};
  TRY(const auto encryption, rooms.decryption.published(now));
  for (const auto& one : encryption) {
    TRY(auto certificate, crypto::make_certificate(one, key, {rooms.facts.issuer, kFrom, kUntil}));
    m.encryption.push_back(std::move(certificate));
  }
  m.name_formats = {std::string(saml::kPersistent), std::string(saml::kTransient), std::string(saml::kEmail)};
  return saml::write_metadata(m, key);
}

void metadata(Rooms& rooms, const http::Request& request, http::Response& response, Instant now) {
  const auto text = metadata_text(rooms, now);
  if (!text) return write({503, "unavailable", "Not available", "the metadata could not be made", {}}, request, response);
  response.field("Content-Type", "application/samlmetadata+xml");
  response.field("Cache-Control", "max-age=3600");
  response.body = *text;
}

}  // namespace jeton::protocols::sso
