#include "blocks/crypto/pem/pem.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "blocks/crypto/key_body.h"

namespace jeton::crypto {
namespace {

using BioPtr = std::unique_ptr<BIO, Freed<BIO_free_all>>;
using X509Ptr = std::unique_ptr<X509, Freed<X509_free>>;

constexpr std::size_t kMostPem = 256 << 10;
constexpr auto bad(std::string_view what) { return refuse(Refusal::Malformed, what); }

Curve curve_of(const EVP_PKEY* key) {
  char group[64] = {};
  std::size_t n = 0;
  if (EVP_PKEY_get_group_name(key, group, sizeof group, &n) != 1) return Curve::None;
  for (const Curve curve : {Curve::P256, Curve::P384, Curve::P521, Curve::Secp256k1})
    if (std::string_view(group, n) == group_name(curve)) return curve;
  return Curve::None;
}

Result<PublicParts> public_parts(const EVP_PKEY* key) {
  PublicParts parts;
  if (EVP_PKEY_is_a(key, "RSA") == 1) {
    parts.type = KeyType::Rsa;
    parts.n = number_of(key, OSSL_PKEY_PARAM_RSA_N);
    parts.e = number_of(key, OSSL_PKEY_PARAM_RSA_E);
    return parts;
  }
  parts.curve = EVP_PKEY_is_a(key, "EC") == 1 ? curve_of(key) : Curve::None;
  if (parts.curve == Curve::None) return refuse(Refusal::Unsupported, "an RSA key, or an EC key on a named curve");
  const auto size = coordinate_size(parts.curve);
  parts.x = number_of(key, OSSL_PKEY_PARAM_EC_PUB_X, size);
  parts.y = number_of(key, OSSL_PKEY_PARAM_EC_PUB_Y, size);
  if (parts.x.empty() || parts.y.empty()) return bad("an EC key without its point");
  return parts;
}

PrivateParts private_parts(const EVP_PKEY* key, const PublicParts& pub) {
  const auto part = [&](const char* name, std::size_t size = 0) { return Secret(number_of(key, name, size)); };
  PrivateParts priv;
  if (pub.type == KeyType::Ec) {
    priv.d = part(OSSL_PKEY_PARAM_PRIV_KEY, coordinate_size(pub.curve));
    return priv;
  }
  priv.d = part(OSSL_PKEY_PARAM_RSA_D);
  priv.p = part(OSSL_PKEY_PARAM_RSA_FACTOR1);
  priv.q = part(OSSL_PKEY_PARAM_RSA_FACTOR2);
  priv.dp = part(OSSL_PKEY_PARAM_RSA_EXPONENT1);
  priv.dq = part(OSSL_PKEY_PARAM_RSA_EXPONENT2);
  priv.qi = part(OSSL_PKEY_PARAM_RSA_COEFFICIENT1);
  return priv;
}

Result<PublicParts> of_block(std::string_view kind, ByteView der) {
  if (kind == "CERTIFICATE") return public_key_of_certificate(der);
  if (kind != "PUBLIC KEY") return bad("a PEM block that is neither a certificate nor a public key");
  const auto* at = der.data();
  const PkeyPtr key(d2i_PUBKEY(nullptr, &at, long(der.size())));
  if (!key || at != der.data() + der.size()) return bad("not a public key");
  return public_parts(key.get());
}

// Asked for a password only where the key is under one: there is none, and no terminal is asked.
int no_password(char*, int, int, void*) { return -1; }

}  // namespace

Result<PublicParts> public_key_of_certificate(ByteView der) {
  const auto* at = der.data();
  const X509Ptr certificate(d2i_X509(nullptr, &at, long(der.size())));
  ERR_clear_error();
  if (!certificate || at != der.data() + der.size()) return bad("not a certificate");
  const EVP_PKEY* key = X509_get0_pubkey(certificate.get());
  if (key == nullptr) return refuse(Refusal::Unsupported, "a certificate whose key is of no known kind");
  return public_parts(key);
}

Result<std::vector<PublicParts>> public_keys_of_pem(std::string_view text) {
  if (text.size() > kMostPem) return refuse(Refusal::TooLarge, "too much PEM");
  const BioPtr bio(BIO_new_mem_buf(text.data(), int(text.size())));
  std::vector<PublicParts> keys;
  char *name = nullptr, *header = nullptr;
  unsigned char* data = nullptr;
  long size = 0;
  while (bio && PEM_read_bio(bio.get(), &name, &header, &data, &size) == 1) {
    const std::unique_ptr<char, decltype([](char* p) { OPENSSL_free(p); })> name_owner(name), header_owner(header);
    const std::unique_ptr<unsigned char, decltype([](unsigned char* p) { OPENSSL_free(p); })> data_owner(data);
    TRY(auto key, of_block(name, {data, std::size_t(size)}));
    keys.push_back(std::move(key));
  }
  ERR_clear_error();
  if (keys.empty()) return bad("no PEM block with a certificate or a public key");
  return keys;
}

Result<KeyPair> private_key_of_pem(std::string_view text) {
  if (text.size() > kMostPem) return refuse(Refusal::TooLarge, "too much PEM");
  const BioPtr bio(BIO_new_mem_buf(text.data(), int(text.size())));
  const PkeyPtr key(bio ? PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr) : nullptr);
  ERR_clear_error();
  if (!key) return bad("no PEM private key, or one under a password");
  TRY(auto pub, public_parts(key.get()));
  auto priv = private_parts(key.get(), pub);
  return KeyPair{std::move(pub), std::move(priv)};
}

}  // namespace jeton::crypto
