// Against SoftHSM2, with a token of the test's own; skipped where it is not installed.
#include "blocks/crypto/pkcs11/token.h"

#include <gtest/gtest.h>
#include "blocks/crypto/hash.h"
#include "blocks/crypto/pkcs11/soft_token.h"
#include "blocks/crypto/random.h"

namespace jeton::crypto::pkcs11 {
namespace {

const auto* const kToken = testing::AddGlobalTestEnvironment(new SoftToken);

Uri uri(const std::string& object) {
  Uri u;
  u.token = "jeton";
  u.object = object;
  u.module_path = module_path();
  return u;
}
Secret pin(const char* text = kPin) { return Secret::copy_of(as_bytes(text)); }

class Token : public testing::Test {
 protected:
  void SetUp() override {
    if (!SoftToken::ready) GTEST_SKIP() << "SoftHSM2 is not here";
  }
  SystemEntropy entropy;
};

TEST_F(Token, WrapsAndUnwrapsAndRefusesWhatIsNotItsOwn) {
  const auto key = TokenKey::open(uri("master"), TokenKey::Class::Secret, pin());
  ASSERT_TRUE(key) << key.error().detail();
  const Secret data(Bytes(32, 9));
  const auto sealed = (*key)->seal(as_bytes("place"), Bytes(32, 9), entropy);
  ASSERT_TRUE(sealed) << sealed.error().detail();
  EXPECT_EQ(sealed->size(), 12u + 32 + 16);
  const auto opened = (*key)->open_sealed(as_bytes("place"), *sealed);
  ASSERT_TRUE(opened) << opened.error().detail();
  EXPECT_TRUE(opened->equal(data));
  EXPECT_FALSE((*key)->open_sealed(as_bytes("plaice"), *sealed));
  auto damaged = *sealed;
  damaged[20] ^= 1;
  EXPECT_FALSE((*key)->open_sealed(as_bytes("place"), damaged));
  const auto other = TokenKey::open(uri("other"), TokenKey::Class::Secret, pin());
  ASSERT_TRUE(other);
  EXPECT_FALSE((*other)->open_sealed(as_bytes("place"), *sealed));
  EXPECT_NE(*(*key)->block(Bytes(16, 1)), *(*other)->block(Bytes(16, 1)));
  EXPECT_EQ(*(*key)->block(Bytes(16, 1)), *(*key)->block(Bytes(16, 1)));
}

TEST_F(Token, SignsWhatOthersVerify) {
  for (const auto& [name, algs] : {std::pair<std::string, std::vector<SignAlg>>{"signer", {SignAlg::ES256}},
                                   {"rsa", {SignAlg::RS256, SignAlg::RS512, SignAlg::PS256, SignAlg::PS384}}}) {
    const auto key = TokenKey::open(uri(name), TokenKey::Class::Private, pin());
    ASSERT_TRUE(key) << key.error().detail();
    const auto parts = (*key)->public_parts();
    ASSERT_TRUE(parts) << parts.error().detail();
    for (const auto alg : algs) {
      const auto verify = VerifyKey::from_public(alg, *parts);
      ASSERT_TRUE(verify);
      Bytes signature(info(alg).signature_size == 0 ? parts->n.size() : info(alg).signature_size);
      const auto done = (*key)->sign(alg, as_bytes("message"), signature);
      ASSERT_TRUE(done) << done.error().detail();
      EXPECT_TRUE(verify->verify(as_bytes("message"), signature)) << info(alg).name;
      EXPECT_FALSE(verify->verify(as_bytes("massage"), signature));
    }
  }
}

TEST_F(Token, WhatIsWrongIsSaid) {
  const auto says = [](Uri u, Secret p, std::string_view words) {
    const auto key = TokenKey::open(u, TokenKey::Class::Secret, std::move(p));
    ASSERT_FALSE(key);
    EXPECT_TRUE(key.error().is(Fault::Config));
    EXPECT_NE(key.error().detail().find(words), std::string_view::npos) << key.error().detail();
  };
  auto missing = uri("master");
  missing.module_path = "/nowhere/module.so";
  says(missing, pin(), "cannot be loaded");
  auto no_module = uri("master");
  no_module.module_path = "libz.so.1";
  says(no_module, pin(), "not a PKCS#11 module");
  auto foreign = uri("master");
  foreign.token = "elsewhere";
  says(foreign, pin(), "no token of that name");
  says(uri("nobody"), pin(), "no key of that name");
}

TEST_F(Token, TwoKeysOfOneNameAreNoAnswer) {
  const auto key = TokenKey::open(uri("twin"), TokenKey::Class::Secret, pin());
  ASSERT_FALSE(key) << "which one is meant is not guessed";
  EXPECT_NE(key.error().detail().find("two keys of that name"), std::string_view::npos) << key.error().detail();
}

TEST(TokenRefusal, SaysWhatToDo) {
  for (const auto& [rv, words] : {std::pair<CK_RV, std::string_view>{CKR_PIN_INCORRECT, "does not take the PIN"},
                                  {CKR_PIN_LOCKED, "locked after too many wrong PINs: unlock it"},
                                  {CKR_PIN_EXPIRED, "set a new one"},
                                  {CKR_USER_PIN_NOT_INITIALIZED, "no user PIN yet"},
                                  {CKR_TOKEN_NOT_PRESENT, "plug it in"},
                                  {CKR_DEVICE_REMOVED, "plug it in"},
                                  {CKR_MECHANISM_INVALID, "of another type, or its attributes forbid it"}}) {
    const auto said = failure(rv).error();
    EXPECT_TRUE(said.is(Fault::Config)) << rv;
    EXPECT_NE(said.detail().find(words), std::string_view::npos) << said.detail();
  }
  EXPECT_TRUE(failure(CKR_ENCRYPTED_DATA_INVALID).error().is(Refusal::BadSignature));
  EXPECT_TRUE(failure(CKR_DEVICE_ERROR).error().is(Fault::Crypto));
}

TEST(Uri, IsReadStrictly) {
  const auto good = parse_uri("pkcs11:token=My%20HSM;object=master;id=%01%ff?module-path=/usr/lib/x.so&pin-source=file:/run/pin");
  ASSERT_TRUE(good);
  EXPECT_EQ(good->token, "My HSM");
  EXPECT_EQ(good->id, (Bytes{1, 255}));
  EXPECT_EQ(good->pin_source, "file:/run/pin");
  for (const auto* bad :
       {"", "pkcs11:", "pkcs12:token=a;object=b?module-path=/x", "pkcs11:token=a?module-path=/x", "pkcs11:object=b?module-path=/x",
        "pkcs11:token=a;object=b", "pkcs11:token=a;token=a;object=b?module-path=/x", "pkcs11:token=%4;object=b?module-path=/x",
        "pkcs11:token=a;object=b;x-unknown=1?module-path=/x", "pkcs11:token;object=b?module-path=/x"})
    EXPECT_FALSE(parse_uri(bad)) << bad;
  const auto pin = parse_uri("pkcs11:token=a;object=b?module-path=/x&pin-value=1234");
  ASSERT_FALSE(pin);
  EXPECT_TRUE(pin.error().is(Refusal::Denied));
}

}  // namespace
}  // namespace jeton::crypto::pkcs11
