// Keys from numbers: what a JWK holds becomes an OpenSSL key, or is refused.
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>

#include "blocks/crypto/key_body.h"
#include "blocks/crypto/soundness.h"
#include "ground/secret_pass.h"

namespace jeton::crypto {
namespace {

using BnPtr = std::unique_ptr<BIGNUM, Freed<BN_clear_free>>;
using BnCtxPtr = std::unique_ptr<BN_CTX, Freed<BN_CTX_free>>;
using BuilderPtr = std::unique_ptr<OSSL_PARAM_BLD, Freed<OSSL_PARAM_BLD_free>>;
using ParamsPtr = std::unique_ptr<OSSL_PARAM, Freed<OSSL_PARAM_free>>;

BnPtr number(ByteView octets) { return BnPtr(BN_bin2bn(octets.data(), int(octets.size()), nullptr)); }
BnPtr number(const Secret& s) { return number(s.read(Pass::key())); }

PkeyPtr from_data(const char* type, int selection, OSSL_PARAM* params) {
  const PkeyCtxPtr context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (!context || EVP_PKEY_fromdata_init(context.get()) != 1 || EVP_PKEY_fromdata(context.get(), &key, selection, params) != 1)
    return nullptr;
  return PkeyPtr(key);
}

// n = p*q, p and q the right way round for qi, dp = d mod p-1, dq = d mod q-1, qi*q = 1 mod p, e*d = 1 mod p-1 and q-1.
bool consistent(const BIGNUM* n, const BIGNUM* e, const PrivateParts& priv) {
  const BnCtxPtr scratch(BN_CTX_secure_new());
  const BnPtr d = number(priv.d), p = number(priv.p), q = number(priv.q), dp = number(priv.dp), dq = number(priv.dq), qi = number(priv.qi),
              t(BN_new()), u(BN_new());
  if (!scratch || !t || !u || !BN_mul(t.get(), p.get(), q.get(), scratch.get()) || BN_cmp(t.get(), n) != 0) return false;
  const auto side = [&](const BIGNUM* prime, const BIGNUM* exponent) {
    if (BN_is_one(prime) || !BN_is_odd(prime)) return false;
    if (!BN_sub(u.get(), prime, BN_value_one()) || !BN_mod(t.get(), d.get(), u.get(), scratch.get())) return false;
    if (BN_cmp(t.get(), exponent) != 0) return false;
    return BN_mod_mul(t.get(), e, exponent, u.get(), scratch.get()) == 1 && BN_is_one(t.get());
  };
  if (!side(p.get(), dp.get()) || !side(q.get(), dq.get())) return false;
  return BN_cmp(qi.get(), p.get()) < 0 && BN_mod_mul(t.get(), qi.get(), q.get(), p.get(), scratch.get()) == 1 && BN_is_one(t.get());
}

// Odd, from 3, small enough that verification stays cheap.
bool sound_exponent(const BIGNUM* e) { return BN_is_odd(e) && !BN_is_one(e) && BN_num_bits(e) <= 64; }

}  // namespace

bool canonical(ByteView n) { return !n.empty() && n[0] != 0; }

std::size_t coordinate_size(Curve curve) {
  switch (curve) {
    case Curve::P256:
    case Curve::Secp256k1:
    case Curve::Ed25519:
    case Curve::X25519: return 32;
    case Curve::P384: return 48;
    case Curve::P521: return 66;
    case Curve::None: return 0;
  }
  return 0;
}

const char* group_name(Curve curve) {
  switch (curve) {
    case Curve::P256: return "prime256v1";
    case Curve::P384: return "secp384r1";
    case Curve::P521: return "secp521r1";
    case Curve::Secp256k1: return "secp256k1";
    default: return nullptr;
  }
}

Bytes number_of(const EVP_PKEY* pkey, const char* name, std::size_t size) {
  BIGNUM* raw = nullptr;
  if (EVP_PKEY_get_bn_param(pkey, name, &raw) != 1) return {};
  const BnPtr n(raw);
  Bytes out(size != 0 ? size : static_cast<std::size_t>(BN_num_bytes(n.get())));
  if (BN_bn2binpad(n.get(), out.data(), int(out.size())) < 0) return {};
  return out;
}

Result<PkeyPtr> make_rsa(const PublicParts& pub, const PrivateParts* priv) {
  if (!canonical(pub.n) || !canonical(pub.e)) return refuse(Refusal::Malformed, "n and e are numbers without leading zeros");
  const BnPtr n = number(pub.n), e = number(pub.e);
  // [RFC7518 §3.3] at least 2048 bits; no more than makes sense, because each verification pays for it.
  if (BN_num_bits(n.get()) < 2048) return refuse(Refusal::WeakKey, "an RSA key has at least 2048 bits");
  if (BN_num_bits(n.get()) > 16384) return refuse(Refusal::TooLarge, "an RSA key has at most 16384 bits");
  if (!BN_is_odd(n.get()) || !sound_exponent(e.get())) return refuse(Refusal::WeakKey, "the RSA modulus or exponent is not sound");
  if (has_roca_mark(pub.n)) return refuse(Refusal::WeakKey, "the RSA modulus bears the mark of CVE-2017-15361");
  const BuilderPtr builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get());
  std::vector<BnPtr> held;
  if (priv != nullptr) {
    if (!consistent(n.get(), e.get(), *priv)) return refuse(Refusal::WeakKey, "the RSA private members do not fit together");
    const std::pair<const char*, const Secret*> members[] = {
        {OSSL_PKEY_PARAM_RSA_D, &priv->d},          {OSSL_PKEY_PARAM_RSA_FACTOR1, &priv->p},
        {OSSL_PKEY_PARAM_RSA_FACTOR2, &priv->q},    {OSSL_PKEY_PARAM_RSA_EXPONENT1, &priv->dp},
        {OSSL_PKEY_PARAM_RSA_EXPONENT2, &priv->dq}, {OSSL_PKEY_PARAM_RSA_COEFFICIENT1, &priv->qi}};
    for (const auto& [name, value] : members) {
      held.push_back(number(*value));
      OSSL_PARAM_BLD_push_BN(builder.get(), name, held.back().get());
    }
  }
  const ParamsPtr params(OSSL_PARAM_BLD_to_param(builder.get()));
  PkeyPtr key = from_data("RSA", priv != nullptr ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, params.get());
  if (!key) return refuse(Refusal::WeakKey, "not an RSA key");
  return key;
}

Result<PkeyPtr> make_ec(const PublicParts& pub, const PrivateParts* priv) {
  const auto size = coordinate_size(pub.curve);
  const char* group = group_name(pub.curve);
  // [RFC7518 §6.2.1.2] full-length coordinates.
  if (group == nullptr || pub.x.size() != size || pub.y.size() != size)
    return refuse(Refusal::Malformed, "EC coordinates have the length of the curve's field");
  Bytes point{4};
  point.insert(point.end(), pub.x.begin(), pub.x.end());
  point.insert(point.end(), pub.y.begin(), pub.y.end());
  const BuilderPtr builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, group, 0);
  OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size());
  BnPtr d;
  if (priv != nullptr) {
    if (priv->d.size() != size) return refuse(Refusal::Malformed, "an EC private key has the length of the curve's order");
    d = number(priv->d);
    OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY, d.get());
  }
  const ParamsPtr params(OSSL_PARAM_BLD_to_param(builder.get()));
  // OpenSSL refuses a point off the curve here; the check below also refuses infinity, a wrong order and a wrong pair.
  PkeyPtr key = from_data("EC", priv != nullptr ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, params.get());
  if (!key) return refuse(Refusal::WeakKey, "not a point on the curve");
  const PkeyCtxPtr check(EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr));
  const int sound = !check ? 0 : priv != nullptr ? EVP_PKEY_check(check.get()) : EVP_PKEY_public_check(check.get());
  if (sound != 1) return refuse(Refusal::WeakKey, "the EC key does not fit its curve");
  return key;
}

}  // namespace jeton::crypto
