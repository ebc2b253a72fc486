#include "blocks/crypto/pem/certificate.h"

#include <openssl/err.h>

#include "blocks/crypto/hash.h"
#include "blocks/crypto/key_body.h"
#include "blocks/crypto/pem/blocks.h"

namespace jeton::crypto {
namespace {

Result<PkeyPtr> pkey_of(const PublicParts& pub, const PrivateParts* priv) {
  if (pub.type == KeyType::Rsa) return make_rsa(pub, priv);
  if (pub.type == KeyType::Ec) return make_ec(pub, priv);
  return refuse(Refusal::Unsupported, "certificates are made for RSA and EC keys");
}

// 64 bits of the key's own hash, positive.
bool set_serial(X509* certificate, EVP_PKEY* key) {
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(key, &der);
  if (size <= 0) return false;
  const auto digest = sha256({der, static_cast<std::size_t>(size)});
  OPENSSL_free(der);
  std::uint64_t serial = 0;
  for (std::size_t i = 0; i < 8; ++i) serial = serial << 8 | digest[i];
  return ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial >> 1 | 1) == 1;
}

bool set_name(X509* certificate, std::string_view common_name) {
  X509_NAME* name = X509_get_subject_name(certificate);
  const auto* text = reinterpret_cast<const unsigned char*>(common_name.data());
  const int size = static_cast<int>(std::min<std::size_t>(common_name.size(), 64));   // ub-common-name
  return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, text, size, -1, 0) == 1 && X509_set_issuer_name(certificate, name) == 1;
}

}  // namespace

Result<Bytes> make_certificate(const PublicParts& key, const SignKey& signer, const CertificateDraft& draft) {
  TRY(const auto subject, pkey_of(key, nullptr));
  const auto priv = signer.private_parts();
  TRY(const auto pkey, pkey_of(signer.public_parts(), &priv));
  const X509Ptr certificate(X509_new());
  auto* const c = certificate.get();
  const bool made = certificate && X509_set_version(c, 2) == 1 && set_serial(c, subject.get()) && set_name(c, draft.common_name) &&
                    ASN1_TIME_set(X509_getm_notBefore(c), draft.from.seconds()) != nullptr &&
                    ASN1_TIME_set(X509_getm_notAfter(c), draft.until.seconds()) != nullptr && X509_set_pubkey(c, subject.get()) == 1 &&
                    X509_sign(c, pkey.get(), fetched(info(signer.alg()).hash)) > 0;
  unsigned char* der = nullptr;
  const int size = made ? i2d_X509(c, &der) : -1;
  ERR_clear_error();
  if (size <= 0) return fault(Fault::Crypto, "no certificate could be made");
  Bytes out(der, der + size);
  OPENSSL_free(der);
  return out;
}

}  // namespace jeton::crypto
