#include "protocols/sso/issuer.h"

#include "authority/federation/service_providers.h"
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

// Of the installation's keys of one algorithm, in one state. The RSA key signs all of them: ECDSA would make other octets each time.
Status add_certificates(const Rooms& rooms, crypto::SignAlg alg, ledger::KeyState state, const crypto::SignKey& rsa,
                        std::vector<Bytes>& into) {
  const auto ring = rooms.signing_keys.ring();
  for (const auto& entry : ring->entries()) {
    if (entry.state != state || entry.verify.alg() != alg || !entry.api.none()) continue;
    TRY(const auto jwk, jose::parse_jwk(entry.jwk));
    TRY(auto made, crypto::make_certificate(jwk.pub, rsa, {rooms.facts.issuer, kFrom, kUntil}));
    into.push_back(std::move(made));
  }
  return {};
}

// RSA first: there are service providers that take the first certificate for the only one.
Result<std::vector<Bytes>> certificates(const Rooms& rooms, const crypto::SignKey& rsa) {
  std::vector<Bytes> all;
  for (const auto alg : {federation::kRsa, federation::kEcdsa})
    for (const auto state : {ledger::KeyState::Active, ledger::KeyState::Next}) TRY_VOID(add_certificates(rooms, alg, state, rsa, all));
  return all;
}

}  // namespace

std::string entity(const Rooms& rooms) { return rooms.facts.issuer + "/saml/metadata"; }
std::string sso_address(const Rooms& rooms) { return rooms.facts.issuer + "/saml/sso"; }

std::string acs_address(const Rooms& rooms) { return rooms.facts.issuer + "/saml/acs"; }
std::string slo_address(const Rooms& rooms) { return rooms.facts.issuer + "/saml/slo"; }

Result<crypto::SignKey> signing_key(Rooms& rooms, crypto::SignAlg alg, Instant now) {
  auto ring = rooms.signing_keys.ring();
  if (ring->signer(alg, ApiId()) == nullptr) {
    const audit::Actor system{.name = "system", .address = {}, .request_id = {}};
    TRY_VOID(rooms.signing_keys.ensure(alg, {system, now}));
    ring = rooms.signing_keys.ring();
  }
  const auto* entry = ring->signer(alg, ApiId());
  if (entry == nullptr || !entry->sign) return fault(Fault::Crypto, "no key to sign with");
  return *entry->sign;
}

Result<std::string> metadata_text(Rooms& rooms, Instant now) {
  TRY(const auto key, signing_key(rooms, federation::kRsa, now));
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
