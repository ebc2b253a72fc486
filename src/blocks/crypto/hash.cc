#include "blocks/crypto/hash.h"

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <string>

#include "blocks/crypto/openssl.h"
#include "blocks/crypto/selftest/faults.h"
#include "ground/secret_pass.h"

namespace jeton::crypto {
namespace {

struct Digests {
  EVP_MD* sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  EVP_MD* sha384 = EVP_MD_fetch(nullptr, "SHA384", nullptr);
  EVP_MD* sha512 = EVP_MD_fetch(nullptr, "SHA512", nullptr);
};

}  // namespace

const EVP_MD* fetched(HashAlg alg) {
  static const Digests digests;
  switch (alg) {
    case HashAlg::Sha256: return digests.sha256;
    case HashAlg::Sha384: return digests.sha384;
    case HashAlg::Sha512: return digests.sha512;
  }
  return nullptr;
}

const EVP_CIPHER* fetched_cipher(const char* name) {
  static std::mutex mutex;
  static std::map<std::string, const EVP_CIPHER*, std::less<>> ciphers;
  const std::lock_guard lock(mutex);
  auto at = ciphers.find(std::string_view(name));
  if (at == ciphers.end()) at = ciphers.emplace(name, EVP_CIPHER_fetch(nullptr, name, nullptr)).first;
  return at->second;
}

std::size_t hash_size(HashAlg alg) {
  switch (alg) {
    case HashAlg::Sha256: return 32;
    case HashAlg::Sha384: return 48;
    case HashAlg::Sha512: return 64;
  }
  return 0;
}

std::size_t hash_into(HashAlg alg, ByteView message, ByteSpan out) {
  thread_local const MdCtxPtr context(EVP_MD_CTX_new());
  unsigned size = 0;
  EVP_DigestInit_ex2(context.get(), fetched(alg), nullptr);
  EVP_DigestUpdate(context.get(), message.data(), message.size());
  EVP_DigestFinal_ex(context.get(), out.data(), &size);
  if (faults::broken(static_cast<Tested>(static_cast<int>(Tested::Sha256) + static_cast<int>(alg)))) out[0] ^= 1;
  return size;
}

Sha256Digest sha256(ByteView message) {
  Sha256Digest out;
  hash_into(HashAlg::Sha256, message, out);
  return out;
}

Result<Secret> hkdf_sha256(const Secret& key, ByteView salt, std::string_view info, std::size_t size) {
  TRY_VOID(needs(Tested::Hkdf));
  static EVP_KDF* const kdf = EVP_KDF_fetch(nullptr, "HKDF", nullptr);
  const std::unique_ptr<EVP_KDF_CTX, Freed<EVP_KDF_CTX_free>> context(EVP_KDF_CTX_new(kdf));
  if (!context) return fault(Fault::Crypto);
  const auto octets = key.read(Pass::key());
  char digest[] = "SHA256";
  // OpenSSL takes no null pointer, not even for nothing; no salt is a salt of zeros (RFC 5869 §2.2).
  static constexpr std::uint8_t kZeros[32] = {};
  if (salt.empty()) salt = kZeros;
  OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
                         OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, const_cast<std::uint8_t*>(octets.data()), octets.size()),
                         OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, const_cast<std::uint8_t*>(salt.data()), salt.size()),
                         OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, const_cast<char*>(info.data()), info.size()),
                         OSSL_PARAM_construct_end()};
  Secret out(size);
  if (EVP_KDF_derive(context.get(), out.write(Pass::key()).data(), size, params) != 1) return fault(Fault::Crypto);
  if (faults::broken(Tested::Hkdf)) out.write(Pass::key())[0] ^= 1;
  return out;
}

}  // namespace jeton::crypto
