#include "blocks/crypto/openssl.h"
#include "blocks/crypto/wrap/oaep.h"
#include "ground/secret_pass.h"

namespace jeton::crypto {
namespace {

constexpr std::size_t kNonce = 12, kTag = 16;

const EVP_CIPHER* gcm(std::size_t key_size) {
  static const EVP_CIPHER* const of128 = fetched_cipher("AES-128-GCM");
  static const EVP_CIPHER* const of192 = fetched_cipher("AES-192-GCM");
  static const EVP_CIPHER* const of256 = fetched_cipher("AES-256-GCM");
  return key_size == 16 ? of128 : key_size == 24 ? of192 : key_size == 32 ? of256 : nullptr;
}

}  // namespace

Result<Bytes> seal_content(const Secret& key, ByteView plain, Entropy& entropy) {
  const EVP_CIPHER* cipher = gcm(key.size());
  const CipherCtxPtr context(EVP_CIPHER_CTX_new());
  if (cipher == nullptr || !context) return fault(Fault::Crypto, "a content key has 16, 24 or 32 octets");
  Bytes out(kNonce + plain.size() + kTag);
  TRY_VOID(entropy.fill(ByteSpan(out).first(kNonce)));
  auto* const body = out.data() + kNonce;
  int n = 0;
  const bool ok = EVP_EncryptInit_ex2(context.get(), cipher, key.read(Pass::key()).data(), out.data(), nullptr) == 1 &&
                  EVP_EncryptUpdate(context.get(), body, &n, plain.data(), int(plain.size())) == 1 &&
                  EVP_EncryptFinal_ex(context.get(), body + plain.size(), &n) == 1 &&
                  EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, kTag, body + plain.size()) == 1;
  if (!ok) return fault(Fault::Crypto);
  return out;
}

Result<Secret> open_content(const Secret& key, ByteView sealed) {
  const EVP_CIPHER* cipher = gcm(key.size());
  const CipherCtxPtr context(EVP_CIPHER_CTX_new());
  if (cipher == nullptr || !context) return fault(Fault::Crypto, "a content key has 16, 24 or 32 octets");
  if (sealed.size() < kNonce + kTag) return refuse(Refusal::BadSignature, "too short to be sealed");
  const auto body = sealed.subspan(kNonce, sealed.size() - kNonce - kTag);
  const auto tag = sealed.last(kTag);
  Secret plain(body.size());
  const auto out = plain.write(Pass::key());
  int n = 0;
  const bool ready = EVP_DecryptInit_ex2(context.get(), cipher, key.read(Pass::key()).data(), sealed.data(), nullptr) == 1 &&
                     EVP_DecryptUpdate(context.get(), out.data(), &n, body.data(), int(body.size())) == 1 &&
                     EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, kTag, const_cast<std::uint8_t*>(tag.data())) == 1;
  if (!ready) return fault(Fault::Crypto);
  std::uint8_t nothing[16];
  if (EVP_DecryptFinal_ex(context.get(), nothing, &n) != 1) return refuse(Refusal::BadSignature, "sealed by another key, or damaged");
  return plain;
}

}  // namespace jeton::crypto
