// Signatures, MACs and primes, by the vectors of Wycheproof.
#include "blocks/crypto/wycheproof.h"

#include "blocks/crypto/hash.h"
#include "blocks/crypto/key_body.h"
#include "blocks/crypto/mac.h"
#include "blocks/crypto/sign.h"
#include "blocks/crypto/soundness.h"

namespace jeton::crypto {
namespace {

using vectors::hex_at;
using wycheproof::Answer;
using wycheproof::answer;

Bytes without_zeros(Bytes n) {
  while (n.size() > 1 && n[0] == 0) n.erase(n.begin());
  return n;
}

PublicParts rsa_of(const json::Value& group) {
  PublicParts pub;
  const auto& key = *group.find("publicKey");
  pub.type = KeyType::Rsa;
  pub.n = without_zeros(hex_at(key, "modulus"));
  pub.e = without_zeros(hex_at(key, "publicExponent"));
  return pub;
}

PublicParts ec_of(const json::Value& group, Curve curve) {
  PublicParts pub;
  const auto point = hex_at(*group.find("publicKey"), "uncompressed");
  const auto half = coordinate_size(curve);
  pub.type = KeyType::Ec;
  pub.curve = curve;
  if (point.size() != 2 * half + 1) return pub;
  pub.x.assign(point.begin() + 1, point.begin() + 1 + static_cast<std::ptrdiff_t>(half));
  pub.y.assign(point.begin() + 1 + static_cast<std::ptrdiff_t>(half), point.end());
  return pub;
}

Answer verified(SignAlg alg, const PublicParts& pub, const json::Value& test) {
  const auto key = VerifyKey::from_public(alg, pub);
  return answer(key && key->verify(hex_at(test, "msg"), hex_at(test, "sig")));
}

SignAlg rsa_alg(const json::Value& group, bool pss) {
  const auto sha = group.string_at("sha").value_or("");
  if (sha == "SHA-256") return pss ? SignAlg::PS256 : SignAlg::RS256;
  if (sha == "SHA-384") return pss ? SignAlg::PS384 : SignAlg::RS384;
  return pss ? SignAlg::PS512 : SignAlg::RS512;
}

TEST(Wycheproof, Rsa) {
  wycheproof::run_all({"rsa_signature_2048_sha256", "rsa_signature_2048_sha384", "rsa_signature_2048_sha512", "rsa_signature_3072_sha256",
                       "rsa_signature_4096_sha256"},
                      [](const auto& group, const auto& test) { return verified(rsa_alg(group, false), rsa_of(group), test); });
}

TEST(Wycheproof, RsaPss) {
  wycheproof::run_all({"rsa_pss_2048_sha256_mgf1_32", "rsa_pss_2048_sha384_mgf1_48", "rsa_pss_3072_sha256_mgf1_32",
                       "rsa_pss_4096_sha256_mgf1_32", "rsa_pss_4096_sha384_mgf1_48", "rsa_pss_4096_sha512_mgf1_64"},
                      [](const auto& group, const auto& test) { return verified(rsa_alg(group, true), rsa_of(group), test); });
}

struct OfCurve {
  SignAlg alg;
  Curve curve;
};
OfCurve curve_of(const json::Value& group) {
  const auto name = group.find("publicKey")->string_at("curve").value_or("");
  if (name == "secp256r1") return {SignAlg::ES256, Curve::P256};
  if (name == "secp384r1") return {SignAlg::ES384, Curve::P384};
  return {SignAlg::ES512, Curve::P521};
}

TEST(Wycheproof, Ecdsa) {
  wycheproof::run_all({"ecdsa_secp256r1_sha256_p1363", "ecdsa_secp384r1_sha384_p1363", "ecdsa_secp521r1_sha512_p1363"},
                      [](const auto& group, const auto& test) {
                        const auto [alg, curve] = curve_of(group);
                        return verified(alg, ec_of(group, curve), test);
                      });
}

// The same answers, case by case, from keys with tables.
TEST(Wycheproof, EcdsaWithTables) {
  int with = 0;
  wycheproof::run_all({"ecdsa_secp256r1_sha256_p1363"}, [&](const auto& group, const auto& test) {
    const auto plain = VerifyKey::from_public(SignAlg::ES256, ec_of(group, Curve::P256));
    if (!plain) return Answer::Refused;
    const auto message = hex_at(test, "msg"), signature = hex_at(test, "sig");
    const bool without = plain->verify(message, signature).has_value();
    plain->quicken(0);
    const bool accepted = plain->verify(message, signature).has_value();
    EXPECT_EQ(accepted, without);
    ++with;
    return answer(accepted);
  });
  if (!vectors::folder(JETON_SOURCE_DIR).empty()) { EXPECT_GT(with, 200); }
}

// No token carries this form; what reads it is held to the same.
TEST(Wycheproof, EcdsaInDer) {
  wycheproof::run_all({"ecdsa_secp256r1_sha256", "ecdsa_secp384r1_sha384"}, [](const auto& group, const auto& test) {
    const auto [alg, curve] = curve_of(group);
    const auto key = VerifyKey::from_public(alg, ec_of(group, curve));
    Bytes raw(2 * coordinate_size(curve));
    return answer(key && to_raw(hex_at(test, "sig"), raw) && key->verify(hex_at(test, "msg"), raw));
  });
}

TEST(Wycheproof, Ed25519) {
  wycheproof::run_all({"ed25519"}, [](const auto& group, const auto& test) {
    PublicParts pub;
    pub.type = KeyType::Okp;
    pub.curve = Curve::Ed25519;
    pub.x = hex_at(*group.find("publicKey"), "pk");
    return verified(SignAlg::EdDSA, pub, test);
  });
}

// The keys here are of every length; the lengths that a signature key must have are sign_test's.
TEST(Wycheproof, Hmac) {
  const auto judge = [](HashAlg hash) {
    return [hash](const json::Value& group, const json::Value& test) {
      const Hmac hmac(hash, Secret(hex_at(test, "key")));
      Bytes mac(64);
      mac.resize(hmac(hex_at(test, "msg"), mac));
      mac.resize(static_cast<std::size_t>(group.find("tagSize")->integer().value_or(0)) / 8);
      return answer(equal_constant_time(mac, hex_at(test, "tag")));
    };
  };
  wycheproof::run_all({"hmac_sha256"}, judge(HashAlg::Sha256));
  wycheproof::run_all({"hmac_sha384"}, judge(HashAlg::Sha384));
  wycheproof::run_all({"hmac_sha512"}, judge(HashAlg::Sha512));
}

TEST(Wycheproof, Hkdf) {
  wycheproof::run_all({"hkdf_sha256"}, [](const auto&, const auto& test) {
    const auto salt = hex_at(test, "salt"), info = hex_at(test, "info");
    const auto out =
        hkdf_sha256(Secret(hex_at(test, "ikm")), salt, as_text(info), static_cast<std::size_t>(test.find("size")->integer().value_or(0)));
    return answer(out && out->equal(hex_at(test, "okm")));
  });
}

TEST(Wycheproof, Primes) {
  wycheproof::run_all({"primality"}, [](const auto&, const auto& test) {
    const auto value = hex_at(test, "value");
    // Two's complement: a leading one is a negative number.
    return answer(!value.empty() && value[0] < 0x80 && is_prime(value));
  });
}

// What nothing here uses, said aloud: key wrap with padding, ChaCha20, HKDF-SHA-512; and what this OpenSSL has not: ML-DSA.
TEST(Wycheproof, FilesOfWhatIsNotOffered) {
  if (vectors::folder(JETON_SOURCE_DIR).empty()) GTEST_SKIP();
  std::size_t cases = 0;
  for (const auto* name : {"aes_kwp", "chacha20_poly1305", "hkdf_sha512", "mldsa_44_verify", "mldsa_65_verify"})
    cases += static_cast<std::size_t>(vectors::read(vectors::folder(JETON_SOURCE_DIR) + "/wycheproof/" + name + "_test.json")
                                          .find("numberOfTests")
                                          ->integer()
                                          .value_or(0));
  std::printf("   %zu cases of primitives that are not offered\n", cases);
}

}  // namespace
}  // namespace jeton::crypto
