#include "blocks/crypto/sign.h"

#include <gtest/gtest.h>

#include <string>

#include "blocks/crypto/external_key.h"
#include "blocks/crypto/service.h"

namespace jeton::crypto {
namespace {

class EveryAlg : public testing::TestWithParam<SignAlg> {};

TEST_P(EveryAlg, SignsAndVerifiesAndRefusesAFlippedBit) {
  const auto key = SignKey::generate(GetParam(), 2048);
  ASSERT_TRUE(key);
  Bytes signature(key->signature_size());
  const auto message = as_bytes("a message");
  ASSERT_TRUE(key->sign(message, signature));
  const auto verify = key->verify_key();
  EXPECT_TRUE(verify.verify(message, signature));
  EXPECT_FALSE(verify.verify(as_bytes("a messagf"), signature));
  for (const std::size_t at : {std::size_t{0}, signature.size() / 2, signature.size() - 1}) {
    signature[at] ^= 1;
    EXPECT_FALSE(verify.verify(message, signature)) << at;
    signature[at] ^= 1;
  }
  EXPECT_FALSE(verify.verify(message, ByteView(signature).first(signature.size() - 1)));
  signature.push_back(0);
  EXPECT_FALSE(verify.verify(message, signature));
}

TEST_P(EveryAlg, ThePartsOfAKeyMakeTheSameKey) {
  const auto key = SignKey::generate(GetParam(), 2048);
  ASSERT_TRUE(key);
  const auto again = SignKey::from_parts(GetParam(), key->public_parts(), key->private_parts());
  ASSERT_TRUE(again);
  Bytes signature(key->signature_size());
  ASSERT_TRUE(again->sign(as_bytes("m"), signature));
  EXPECT_TRUE(key->verify_key().verify(as_bytes("m"), signature));
}

TEST_P(EveryAlg, OutOfServiceItNeitherSignsNorVerifies) {
  const auto key = SignKey::generate(GetParam(), 2048);
  ASSERT_TRUE(key);
  Bytes signature(key->signature_size());
  ASSERT_TRUE(key->sign(as_bytes("m"), signature));
  take_out_of_service(GetParam());
  const auto refused = key->verify_key().verify(as_bytes("m"), signature);
  const auto unsigned_ = key->sign(as_bytes("m"), signature);
  put_in_service(GetParam());
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().is(Fault::SelfTest));
  EXPECT_FALSE(unsigned_);
  EXPECT_TRUE(key->verify_key().verify(as_bytes("m"), signature));
}

INSTANTIATE_TEST_SUITE_P(Algs, EveryAlg,
                         testing::Values(SignAlg::EdDSA, SignAlg::ES256, SignAlg::ES384, SignAlg::ES512, SignAlg::ES256K, SignAlg::PS256,
                                         SignAlg::PS384, SignAlg::PS512, SignAlg::RS256, SignAlg::RS384, SignAlg::RS512, SignAlg::HS256,
                                         SignAlg::HS384, SignAlg::HS512),
                         [](const auto& i) { return std::string(crypto::info(i.param).name); });

TEST(SignKey, AKeyOfAnotherPairIsRefused) {
  for (const auto alg : {SignAlg::EdDSA, SignAlg::ES256, SignAlg::RS256}) {
    const auto a = SignKey::generate(alg, 2048), b = SignKey::generate(alg, 2048);
    ASSERT_TRUE(a && b);
    EXPECT_FALSE(SignKey::from_parts(alg, a->public_parts(), b->private_parts())) << info(alg).name;
    const auto by = [](const SignKey& key) {
      return [key](SignAlg, ByteView message, ByteSpan signature) { return key.sign(message, signature); };
    };
    EXPECT_TRUE(sign_key_elsewhere(alg, a->public_parts(), by(*a))) << info(alg).name;
    EXPECT_FALSE(sign_key_elsewhere(alg, a->public_parts(), by(*b))) << info(alg).name;
  }
}

TEST(SignKey, AKeyIsRefusedForAnAlgorithmOfAnotherType) {
  const auto rsa = SignKey::generate(SignAlg::RS256, 2048);
  ASSERT_TRUE(rsa);
  EXPECT_FALSE(VerifyKey::from_public(SignAlg::HS256, rsa->public_parts()));
  EXPECT_FALSE(VerifyKey::from_public(SignAlg::ES256, rsa->public_parts()));
  EXPECT_TRUE(VerifyKey::from_public(SignAlg::PS256, rsa->public_parts()));
}

TEST(VerifyKey, TablesGiveTheSameAnswers) {
  const auto key = SignKey::generate(SignAlg::ES256);
  ASSERT_TRUE(key);
  const auto plain = *VerifyKey::from_public(SignAlg::ES256, key->public_parts()), quick = key->verify_key();
  quick.quicken(1);   // the pairwise check was its first
  Bytes signature(64);
  for (int i = 0; i < 200; ++i) {
    const std::string message = "message " + std::to_string(i);
    ASSERT_TRUE(key->sign(as_bytes(message), signature));
    ASSERT_TRUE(quick.verify(as_bytes(message), signature));
    signature[static_cast<std::size_t>(i) % 64] ^= static_cast<std::uint8_t>(1 << i % 8);
    EXPECT_FALSE(quick.verify(as_bytes(message), signature));
    EXPECT_FALSE(plain.verify(as_bytes(message), signature));
  }
}

TEST(VerifyKey, RsaExponentOneIsRefused) {
  const auto rsa = SignKey::generate(SignAlg::RS256, 2048);
  ASSERT_TRUE(rsa);
  auto parts = rsa->public_parts();
  parts.e = {1};
  EXPECT_FALSE(VerifyKey::from_public(SignAlg::RS256, parts));
  parts.e = {1, 0, 0};
  EXPECT_FALSE(VerifyKey::from_public(SignAlg::RS256, parts));
}

TEST(VerifyKey, AnHmacKeyShorterThanItsHashIsRefused) {
  EXPECT_FALSE(VerifyKey::from_secret(SignAlg::HS256, Secret(Bytes(31, 7))));
  EXPECT_TRUE(VerifyKey::from_secret(SignAlg::HS256, Secret(Bytes(32, 7))));
  EXPECT_FALSE(VerifyKey::from_secret(SignAlg::HS512, Secret(Bytes(63, 7))));
}

TEST(VerifyKey, AnEcdsaSignatureOfZerosIsRefused) {
  const auto key = SignKey::generate(SignAlg::ES256);
  ASSERT_TRUE(key);
  EXPECT_FALSE(key->verify_key().verify(as_bytes("m"), Bytes(64, 0)));
  EXPECT_FALSE(key->verify_key().verify(as_bytes("m"), Bytes(64, 0xff)));
}

}  // namespace
}  // namespace jeton::crypto
