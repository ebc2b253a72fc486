#include "blocks/crypto/pem/encoded.h"

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>

#include "blocks/crypto/key_body.h"
#include "blocks/crypto/pem/blocks.h"
#include "ground/secret_pass.h"

namespace jeton::crypto {
namespace {

using BioPtr = std::unique_ptr<BIO, Freed<BIO_free_all>>;

constexpr std::size_t kMost = 64 << 10, kMostOfSeveral = 256 << 10;
constexpr auto bad(std::string_view what) { return refuse(Refusal::Malformed, what); }

Secret secret_number(const EVP_PKEY* key, const char* name, std::size_t size = 0) { return Secret(number_of(key, name, size)); }

Result<KeyParts> rsa_parts(const EVP_PKEY* key) {
  KeyParts parts;
  parts.pub.type = KeyType::Rsa;
  parts.pub.n = number_of(key, OSSL_PKEY_PARAM_RSA_N);
  parts.pub.e = number_of(key, OSSL_PKEY_PARAM_RSA_E);
  PrivateParts priv;
  priv.d = secret_number(key, OSSL_PKEY_PARAM_RSA_D);
  if (priv.d.empty()) return parts;
  priv.p = secret_number(key, OSSL_PKEY_PARAM_RSA_FACTOR1);
  priv.q = secret_number(key, OSSL_PKEY_PARAM_RSA_FACTOR2);
  priv.dp = secret_number(key, OSSL_PKEY_PARAM_RSA_EXPONENT1);
  priv.dq = secret_number(key, OSSL_PKEY_PARAM_RSA_EXPONENT2);
  priv.qi = secret_number(key, OSSL_PKEY_PARAM_RSA_COEFFICIENT1);
  parts.priv = std::move(priv);
  return parts;
}

Result<KeyParts> ec_parts(const EVP_PKEY* key) {
  char group[64] = {};
  std::size_t n = 0;
  if (EVP_PKEY_get_group_name(key, group, sizeof group, &n) != 1) return bad("an EC key without a named curve");
  KeyParts parts;
  parts.pub.type = KeyType::Ec;
  for (const auto curve : {Curve::P256, Curve::P384, Curve::P521, Curve::Secp256k1})
    if (std::string_view(group) == group_name(curve)) parts.pub.curve = curve;
  if (parts.pub.curve == Curve::None) return refuse(Refusal::Unsupported, "a curve that is not known here");
  const auto size = coordinate_size(parts.pub.curve);
  parts.pub.x = number_of(key, OSSL_PKEY_PARAM_EC_PUB_X, size);
  parts.pub.y = number_of(key, OSSL_PKEY_PARAM_EC_PUB_Y, size);
  PrivateParts priv;
  priv.d = secret_number(key, OSSL_PKEY_PARAM_PRIV_KEY, size);
  if (!priv.d.empty()) parts.priv = std::move(priv);
  return parts;
}

Result<KeyParts> okp_parts(const EVP_PKEY* key, Curve curve) {
  KeyParts parts;
  parts.pub.type = KeyType::Okp;
  parts.pub.curve = curve;
  std::size_t n = 32;
  parts.pub.x.resize(n);
  if (EVP_PKEY_get_raw_public_key(key, parts.pub.x.data(), &n) != 1 || n != 32) return bad("not a key");
  PrivateParts priv;
  priv.d = Secret(32);
  if (EVP_PKEY_get_raw_private_key(key, priv.d.write(Pass::key()).data(), &n) == 1 && n == 32) parts.priv = std::move(priv);
  return parts;
}

Result<KeyParts> parts_of(const EVP_PKEY* key) {
  if (EVP_PKEY_is_a(key, "RSA")) return rsa_parts(key);
  if (EVP_PKEY_is_a(key, "EC")) return ec_parts(key);
  if (EVP_PKEY_is_a(key, "ED25519")) return okp_parts(key, Curve::Ed25519);
  if (EVP_PKEY_is_a(key, "X25519")) return okp_parts(key, Curve::X25519);
  return refuse(Refusal::Unsupported, "a key type that is not known here");
}

// Whatever the octets are read as, they are read to their end.
template <class Read>
PkeyPtr whole(ByteView der, Read read) {
  const std::uint8_t* at = der.data();
  PkeyPtr key(read(&at, static_cast<long>(der.size())));
  ERR_clear_error();
  return at == der.data() + der.size() ? std::move(key) : nullptr;
}

PkeyPtr read_private(ByteView der) {
  return whole(der, [](auto at, long n) { return d2i_AutoPrivateKey(nullptr, at, n); });
}

PkeyPtr read_public(ByteView der) {
  return whole(der, [](auto at, long n) { return d2i_PUBKEY(nullptr, at, n); });
}

PkeyPtr key_in(const X509Ptr& certificate) { return PkeyPtr(certificate ? X509_get_pubkey(certificate.get()) : nullptr); }

bool is_private(const PemBlock& block) { return block.name.ends_with("PRIVATE KEY"); }

PkeyPtr read_block(const PemBlock& block) {
  const auto der = block.der.read(Pass::key());
  if (is_private(block)) return read_private(der);
  if (block.is_certificate()) return key_in(read_certificate(der));
  if (block.name == "PUBLIC KEY") return read_public(der);
  if (block.name == "RSA PUBLIC KEY") return whole(der, [](auto at, long n) { return d2i_PublicKey(EVP_PKEY_RSA, nullptr, at, n); });
  return nullptr;
}

// The private one; where there is none, the only one. Null where that means no block.
const PemBlock* meant(const std::vector<PemBlock>& blocks) {
  const auto found = std::find_if(blocks.begin(), blocks.end(), is_private);
  if (found == blocks.end()) return blocks.size() == 1 ? &blocks.front() : nullptr;
  return std::find_if(found + 1, blocks.end(), is_private) == blocks.end() ? &*found : nullptr;
}

Result<PkeyPtr> read_pem(std::string_view text) {
  TRY(const auto blocks, pem_blocks(text, kMost));
  const auto* block = meant(blocks);
  if (block == nullptr) return bad("one key, not several");
  return read_block(*block);
}

PkeyPtr read_der(ByteView der) {
  if (auto key = read_private(der)) return key;
  if (auto key = read_public(der)) return key;
  return key_in(read_certificate(der));
}

Result<PkeyPtr> pkey_of(const PublicParts& pub, const PrivateParts* priv) {
  if (pub.type == KeyType::Rsa) return make_rsa(pub, priv);
  if (pub.type == KeyType::Ec) return make_ec(pub, priv);
  if (pub.type == KeyType::Oct) return refuse(Refusal::Unsupported, "a shared secret has no such form");
  const char* const name = pub.curve == Curve::X25519 ? "X25519" : "ED25519";
  PkeyPtr key(priv != nullptr ? EVP_PKEY_new_raw_private_key_ex(nullptr, name, nullptr, priv->d.read(Pass::key()).data(), priv->d.size())
                              : EVP_PKEY_new_raw_public_key_ex(nullptr, name, nullptr, pub.x.data(), pub.x.size()));
  if (!key) return bad("not a key");
  return key;
}

}  // namespace

Result<KeyParts> decode_key(ByteView text) {
  if (text.size() > kMost) return refuse(Refusal::TooLarge, "a key is shorter");
  const auto pem = as_text(text);
  PkeyPtr key;
  if (pem.find("-----BEGIN ") != std::string_view::npos) {
    TRY(key, read_pem(pem));
  } else {
    key = read_der(text);
  }
  ERR_clear_error();
  if (!key) return bad("not a key in PEM or DER, or an encrypted one");
  return parts_of(key.get());
}

Result<std::vector<PublicParts>> public_keys_of_pem(std::string_view text) {
  TRY(const auto blocks, pem_blocks(text, kMostOfSeveral));
  std::vector<PublicParts> keys;
  for (const auto& block : blocks) {
    const PkeyPtr key = is_private(block) ? nullptr : read_block(block);
    ERR_clear_error();
    if (!key) return bad("a PEM block that is neither a certificate nor a public key");
    TRY(auto parts, parts_of(key.get()));
    keys.push_back(std::move(parts.pub));
  }
  return keys;
}

Result<Bytes> encode_key(const PublicParts& pub, const PrivateParts* priv) {
  TRY(const auto key, pkey_of(pub, priv));
  std::uint8_t* der = nullptr;
  int n = 0;
  if (priv != nullptr) {
    const std::unique_ptr<PKCS8_PRIV_KEY_INFO, Freed<PKCS8_PRIV_KEY_INFO_free>> info(EVP_PKEY2PKCS8(key.get()));
    n = info ? i2d_PKCS8_PRIV_KEY_INFO(info.get(), &der) : 0;
  } else {
    n = i2d_PUBKEY(key.get(), &der);
  }
  if (n <= 0) return fault(Fault::Crypto);
  Bytes out(der, der + n);
  OPENSSL_clear_free(der, static_cast<std::size_t>(n));
  return out;
}

Result<std::string> encode_key_pem(const PublicParts& pub, const PrivateParts* priv) {
  TRY(const auto key, pkey_of(pub, priv));
  const BioPtr bio(BIO_new(BIO_s_secmem()));
  const bool ok = bio && (priv != nullptr ? PEM_write_bio_PKCS8PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr)
                                          : PEM_write_bio_PUBKEY(bio.get(), key.get())) == 1;
  char* text = nullptr;
  const long n = ok ? BIO_get_mem_data(bio.get(), &text) : 0;
  if (n <= 0) return fault(Fault::Crypto);
  return std::string(text, static_cast<std::size_t>(n));
}

Result<PublicParts> key_of_certificate(ByteView der) {
  const auto certificate = read_certificate(der);
  if (!certificate) return bad("not a certificate");
  const PkeyPtr key = key_in(certificate);
  ERR_clear_error();
  if (!key) return refuse(Refusal::Unsupported, "a certificate of a key that is not known here");
  TRY(auto parts, parts_of(key.get()));
  return parts.pub;
}

}  // namespace jeton::crypto
