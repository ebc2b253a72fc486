// A SoftHSM2 token of a test program's own, with AES keys ("master", "other", two called "twin"), an EC key ("signer") and an RSA key ("rsa").
#pragma once

#include <gtest/gtest.h>
#include <p11-kit/pkcs11.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "blocks/crypto/pkcs11/module.h"

namespace jeton::crypto::pkcs11 {

inline constexpr auto kPin = "1234";

inline std::string module_path() {
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
    folder = ::mkdtemp(name);
    std::ofstream(folder + "/conf") << "directories.tokendir = " << folder << "\nobjectstore.backend = file\nlog.level = ERROR\n";
    ::setenv("SOFTHSM2_CONF", (folder + "/conf").c_str(), 1);
    ready = std::system("softhsm2-util --init-token --free --label jeton --pin 1234 --so-pin 5678 >/dev/null 2>&1") == 0 && make_keys();
  }
  void TearDown() override {
    if (!folder.empty()) std::filesystem::remove_all(folder);
  }
  static inline bool ready = false;
  static inline std::string folder;
  // Its PIN in a file, as pin-source wants it.
  static std::string pin_file() {
    const auto path = folder + "/pin";
    std::ofstream(path) << kPin << "\n";
    std::filesystem::permissions(path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    return path;
  }
  static std::string uri_of(const std::string& object) {
    return "pkcs11:token=jeton;object=" + object + "?module-path=" + module_path() + "&pin-source=file:" + pin_file();
  }

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
    const auto label = [](const char* text) {
      return CK_ATTRIBUTE{CKA_LABEL, const_cast<char*>(text), std::char_traits<char>::length(text)};
    };
    CK_MECHANISM aes{CKM_AES_KEY_GEN, nullptr, 0}, ec{CKM_EC_KEY_PAIR_GEN, nullptr, 0};
    CK_OBJECT_HANDLE key = 0, pub = 0;
    bool ok = true;
    for (const char* name : {"master", "other", "twin", "twin"}) {
      CK_ATTRIBUTE t[] = {{CKA_TOKEN, &yes, 1},
                          {CKA_SENSITIVE, &yes, 1},
                          {CKA_EXTRACTABLE, &no, 1},
                          {CKA_ENCRYPT, &yes, 1},
                          {CKA_DECRYPT, &yes, 1},
                          {CKA_VALUE_LEN, &size, sizeof size},
                          label(name)};
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
    CK_ATTRIBUTE rp[] = {{CKA_TOKEN, &yes, 1},
                         {CKA_VERIFY, &yes, 1},
                         {CKA_MODULUS_BITS, &bits, sizeof bits},
                         {CKA_PUBLIC_EXPONENT, exponent, 3},
                         label("rsa")};
    CK_ATTRIBUTE rs[] = {{CKA_TOKEN, &yes, 1}, {CKA_SENSITIVE, &yes, 1}, {CKA_EXTRACTABLE, &no, 1}, {CKA_SIGN, &yes, 1}, label("rsa")};
    ok = ok && m->C_GenerateKeyPair(session, &rsa, rp, std::size(rp), rs, std::size(rs), &pub, &key) == CKR_OK;
    m->C_Logout(session);
    m->C_CloseSession(session);
    return ok;
  }
};

}  // namespace jeton::crypto::pkcs11
