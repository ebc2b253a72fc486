#include "blocks/crypto/envelope/wrap.h"

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <cstring>

#include "blocks/crypto/openssl.h"
#include "blocks/crypto/selftest/faults.h"
#include "ground/secret_pass.h"

namespace jeton::crypto {
namespace {

auto closed() { return refuse(Refusal::BadSignature, "it does not decrypt"); }

const EVP_CIPHER* wrapping(std::size_t key_size) {
  static const EVP_CIPHER* const by_size[] = {fetched_cipher("AES-128-WRAP"), fetched_cipher("AES-192-WRAP"),
                                              fetched_cipher("AES-256-WRAP")};
  return key_size == 16 || key_size == 24 || key_size == 32 ? by_size[key_size / 8 - 2] : nullptr;
}

constexpr std::size_t kMostWrapped = 4096;

const EVP_CIPHER* single_blocks(std::size_t key_size) {
  static const EVP_CIPHER* const by_size[] = {fetched_cipher("AES-128-ECB"), fetched_cipher("AES-192-ECB"), fetched_cipher("AES-256-ECB")};
  return key_size == 16 || key_size == 24 || key_size == 32 ? by_size[key_size / 8 - 2] : nullptr;
}

const char* digest_name(HashAlg hash) {
  switch (hash) {
    case HashAlg::Sha256: return "SHA256";
    case HashAlg::Sha384: return "SHA384";
    case HashAlg::Sha512: return "SHA512";
  }
  return "";
}

}  // namespace

Result<Bytes> wrap_key(const Secret& kek, const Secret& key) {
  TRY_VOID(needs(Tested::KeyWrap));
  const auto* cipher = wrapping(kek.size());
  if (cipher == nullptr || key.size() < 16 || key.size() % 8 != 0) return fault(Fault::Crypto, "the sizes of AES key wrap");
  const CipherCtxPtr context(EVP_CIPHER_CTX_new());
  Bytes out(key.size() + 8);
  int n = 0;
  if (!context) return fault(Fault::Crypto);
  EVP_CIPHER_CTX_set_flags(context.get(), EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
  const bool ok = EVP_EncryptInit_ex2(context.get(), cipher, kek.read(Pass::key()).data(), nullptr, nullptr) == 1 &&
                  EVP_EncryptUpdate(context.get(), out.data(), &n, key.read(Pass::key()).data(), int(key.size())) == 1;
  if (!ok || static_cast<std::size_t>(n) != out.size()) return fault(Fault::Crypto);
  if (faults::broken(Tested::KeyWrap)) out[0] ^= 1;
  return out;
}

// RFC 3394 §2.2.2 by single blocks: OpenSSL's own way tells a failure by an entry in its list of errors, which takes time.
Result<Candidate> try_unwrap_key(const Secret& kek, ByteView wrapped, std::size_t size) {
  TRY_VOID(needs(Tested::KeyWrap));
  Candidate candidate{Secret(size), 0};
  const auto* cipher = single_blocks(kek.size());
  // Lengths are no secret.
  if (cipher == nullptr || size < 16 || size % 8 != 0 || size > kMostWrapped || wrapped.size() != size + 8) return candidate;
  const CipherCtxPtr context(EVP_CIPHER_CTX_new());
  if (!context || EVP_DecryptInit_ex2(context.get(), cipher, kek.read(Pass::key()).data(), nullptr, nullptr) != 1)
    return fault(Fault::Crypto);
  EVP_CIPHER_CTX_set_padding(context.get(), 0);
  const auto out = candidate.key.write(Pass::key());
  std::memcpy(out.data(), wrapped.data() + 8, size);
  std::uint8_t block[16], opened[32];
  std::memcpy(block, wrapped.data(), 8);
  const std::uint64_t n = size / 8;
  for (std::uint64_t t = 6 * n; t > 0; --t) {
    std::uint8_t* const r = out.data() + ((t - 1) % n) * 8;
    for (int i = 0; i < 8; ++i) block[i] ^= static_cast<std::uint8_t>(t >> (56 - 8 * i));
    std::memcpy(block + 8, r, 8);
    int written = 0;
    if (EVP_DecryptUpdate(context.get(), opened, &written, block, sizeof block) != 1 || written != 16) return fault(Fault::Crypto);
    std::memcpy(block, opened, 8);
    std::memcpy(r, opened + 8, 8);
  }
  static constexpr std::uint8_t kStart[8] = {0xa6, 0xa6, 0xa6, 0xa6, 0xa6, 0xa6, 0xa6, 0xa6};
  candidate.good = same_mask(ByteView(block).first(8), kStart);
  wipe(block);
  wipe(opened);
  return candidate;
}

Result<Secret> unwrap_key(const Secret& kek, ByteView wrapped) {
  if (faults::broken(Tested::KeyWrap, faults::How::TakesAll)) return Secret(wrapped.size());
  TRY(auto candidate, try_unwrap_key(kek, wrapped, wrapped.size() < 8 ? 0 : wrapped.size() - 8));
  if (candidate.good == 0) return closed();
  return std::move(candidate.key);
}

Result<Secret> pbkdf2(HashAlg hash, const Secret& password, ByteView salt, std::uint32_t rounds, std::size_t size) {
  TRY_VOID(needs(Tested::Pbkdf2));
  static EVP_KDF* const kdf = EVP_KDF_fetch(nullptr, "PBKDF2", nullptr);
  const std::unique_ptr<EVP_KDF_CTX, Freed<EVP_KDF_CTX_free>> context(EVP_KDF_CTX_new(kdf));
  if (!context) return fault(Fault::Crypto);
  const auto octets = password.read(Pass::key());
  static std::uint8_t none = 0;   // OpenSSL takes no null pointer, not even for nothing
  const auto octet_param = [](const char* name, ByteView v) {
    return OSSL_PARAM_construct_octet_string(name, v.empty() ? &none : const_cast<std::uint8_t*>(v.data()), v.size());
  };
  int plain_checks = 1;   // the bounds are ours: SP 800-132's would refuse published vectors
  OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, const_cast<char*>(digest_name(hash)), 0),
                         octet_param(OSSL_KDF_PARAM_PASSWORD, octets),
                         octet_param(OSSL_KDF_PARAM_SALT, salt),
                         OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_ITER, &rounds),
                         OSSL_PARAM_construct_int(OSSL_KDF_PARAM_PKCS5, &plain_checks),
                         OSSL_PARAM_construct_end()};
  Secret out(size);
  if (EVP_KDF_derive(context.get(), out.write(Pass::key()).data(), size, params) != 1) return fault(Fault::Crypto);
  if (faults::broken(Tested::Pbkdf2)) out.write(Pass::key())[0] ^= 1;
  return out;
}

}  // namespace jeton::crypto
