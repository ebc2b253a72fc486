// Against SoftHSM2, with a token of the test's own; skipped where it is not installed.
#include "blocks/crypto/pkcs11/token.h"

#include <gtest/gtest.h>
#include <p11-kit/pkcs11.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "blocks/crypto/hash.h"
#include "blocks/crypto/pkcs11/module.h"
#include "blocks/crypto/random.h"

namespace jeton::crypto::pkcs11 {
namespace {

constexpr auto kPin = "1234";

std::string module_path() {
  for (const char* path : {"/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so"})
    if (std::filesystem::exists(path)) return path;
  return {};
}

// One token for the whole test program: the module reads its configuration once.
class SoftToken : public testing::Environment {
 public:
  void SetUp() override {
    if (module_path().empty()) return;
    char name[] = "/tmp/jeton-hsm-XXXXXX";
    folder_ = ::mkdtemp(name);
    std::ofstream(folder_ + "/conf") << "directories.tokendir = " << folder_ << "\nobjectstore.backend = file\nlog.level = ERROR\n";
    ::setenv("SOFTHSM2_CONF", (folder_ + "/conf").c_str(), 1);
    ready = std::system("softhsm2-util --init-token --free --label jeton --pin 1234 --so-pin 5678 >/dev/null 2>&1") == 0 && make_keys();
  }
  void TearDown() override {
    if (!folder_.empty()) std::filesystem::remove_all(folder_);
  }
  static inline bool ready = false;

 private:
  static bool make_keys() {
    auto module = load_module(module_path());
    Uri uri;
    uri.token = "jeton";
    auto slot = module ? find_token(*module, uri) : Result<CK_SLOT_ID>(std::unexpected(module.error()));
    if (!slot) return false;
    auto* m = *module;
    CK_SESSION_HANDLE session = 0;
    if (m->C_OpenSession(*slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, nullptr, nullptr, &session) != CKR_OK) return false;
    m->C_Login(session, CKU_USER, reinterpret_cast<unsigned char*>(const_cast<char*>(kPin)), 4);
    unsigned char yes = CK_TRUE, no = CK_FALSE;
    CK_ULONG size = 32;
    const auto label = [](const char* text) { return CK_ATTRIBUTE{CKA_LABEL, const_cast<char*>(text), std::char_traits<char>::length(text)}; };
    CK_MECHANISM aes{CKM_AES_KEY_GEN, nullptr, 0}, ec{CKM_EC_KEY_PAIR_GEN, nullptr, 0};
    CK_OBJECT_HANDLE key = 0, pub = 0;
    bool ok = true;
    for (const char* name : {"master", "other"}) {
      CK_ATTRIBUTE t[] = {{CKA_TOKEN, &yes, 1}, {CKA_SENSITIVE, &yes, 1}, {CKA_EXTRACTABLE, &no, 1}, {CKA_ENCRYPT, &yes, 1}, {CKA_DECRYPT, &yes, 1}, {CKA_VALUE_LEN, &size, sizeof size}, label(name)};
      ok = ok && m->C_GenerateKey(session, &aes, t, std::size(t), &key) == CKR_OK;
    }
    // OID of P-256, in DER.
    unsigned char curve[] = {0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};
    CK_ATTRIBUTE p[] = {{CKA_TOKEN, &yes, 1}, {CKA_VERIFY, &yes, 1}, {CKA_EC_PARAMS, curve, sizeof curve}, label("signer")};
    CK_ATTRIBUTE s[] = {{CKA_TOKEN, &yes, 1}, {CKA_SENSITIVE, &yes, 1}, {CKA_EXTRACTABLE, &no, 1}, {CKA_SIGN, &yes, 1}, label("signer")};
    ok = ok && m->C_GenerateKeyPair(session, &ec, p, std::size(p), s, std::size(s), &pub, &key) == CKR_OK;
    CK_MECHANISM rsa{CKM_RSA_PKCS_KEY_PAIR_GEN, nullptr, 0};
    CK_ULONG bits = 2048;
    unsigned char exponent[] = {1, 0, 1};
    CK_ATTRIBUTE rp[] = {{CKA_TOKEN, &yes, 1}, {CKA_VERIFY, &yes, 1}, {CKA_MODULUS_BITS, &bits, sizeof bits}, {CKA_PUBLIC_EXPONENT, exponent, 3}, label("rsa")};
    CK_ATTRIBUTE rs[] = {{CKA_TOKEN, &yes, 1}, {CKA_SENSITIVE, &yes, 1}, {CKA_EXTRACTABLE, &no, 1}, {CKA_SIGN, &yes, 1}, label("rsa")};
    ok = ok && m->C_GenerateKeyPair(session, &rsa, rp, std::size(rp), rs, std::size(rs), &pub, &key) == CKR_OK;
    m->C_Logout(session);
    m->C_CloseSession(session);
    return ok;
  }
  std::string folder_;
};

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

TEST(Uri, IsReadStrictly) {
  const auto good = parse_uri("pkcs11:token=My%20HSM;object=master;id=%01%ff?module-path=/usr/lib/x.so&pin-source=file:/run/pin");
  ASSERT_TRUE(good);
  EXPECT_EQ(good->token, "My HSM");
  EXPECT_EQ(good->id, (Bytes{1, 255}));
  EXPECT_EQ(good->pin_source, "file:/run/pin");
  for (const auto* bad : {"", "pkcs11:", "pkcs12:token=a;object=b?module-path=/x", "pkcs11:token=a?module-path=/x", "pkcs11:object=b?module-path=/x",
                          "pkcs11:token=a;object=b", "pkcs11:token=a;token=a;object=b?module-path=/x", "pkcs11:token=%4;object=b?module-path=/x",
                          "pkcs11:token=a;object=b;x-unknown=1?module-path=/x", "pkcs11:token;object=b?module-path=/x"})
    EXPECT_FALSE(parse_uri(bad)) << bad;
  const auto pin = parse_uri("pkcs11:token=a;object=b?module-path=/x&pin-value=1234");
  ASSERT_FALSE(pin);
  EXPECT_TRUE(pin.error().is(Refusal::Denied));
}

}  // namespace
}  // namespace jeton::crypto::pkcs11
