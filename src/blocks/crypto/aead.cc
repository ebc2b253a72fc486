#include "blocks/crypto/aead.h"

#include "blocks/crypto/openssl.h"
#include "blocks/crypto/selftest/faults.h"
#include "ground/secret_pass.h"

namespace jeton::crypto {
namespace {

constexpr int kKey = 32, kNonce = 12, kTag = 16;

const EVP_CIPHER* gcm() {
  static const EVP_CIPHER* const cipher = fetched_cipher("AES-256-GCM");
  return cipher;
}

}  // namespace

Result<Bytes> seal(const Secret& key, ByteView associated, ByteView plain, Entropy& entropy) {
  TRY_VOID(needs(Tested::SealGcm));
  if (key.size() != kKey) return fault(Fault::Crypto, "a sealing key has 32 octets");
  const CipherCtxPtr context(EVP_CIPHER_CTX_new());
  Bytes out(kNonce + plain.size() + kTag);
  TRY_VOID(entropy.fill(ByteSpan(out).first(kNonce)));
  auto* const body = out.data() + kNonce;
  int n = 0;
  const auto octets = key.read(Pass::key());
  const bool ok = context && EVP_EncryptInit_ex2(context.get(), gcm(), octets.data(), out.data(), nullptr) == 1 &&
                  EVP_EncryptUpdate(context.get(), nullptr, &n, associated.data(), int(associated.size())) == 1 &&
                  EVP_EncryptUpdate(context.get(), body, &n, plain.data(), int(plain.size())) == 1 &&
                  EVP_EncryptFinal_ex(context.get(), body + plain.size(), &n) == 1 &&
                  EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, kTag, body + plain.size()) == 1;
  if (!ok) return fault(Fault::Crypto);
  if (faults::broken(Tested::SealGcm)) out.back() ^= 1;
  return out;
}

Result<Secret> open(const Secret& key, ByteView associated, ByteView sealed) {
  TRY_VOID(needs(Tested::SealGcm));
  if (key.size() != kKey) return fault(Fault::Crypto, "a sealing key has 32 octets");
  if (sealed.size() < kNonce + kTag) return refuse(Refusal::BadSignature, "too short to be sealed");
  const CipherCtxPtr context(EVP_CIPHER_CTX_new());
  const auto body = sealed.subspan(kNonce, sealed.size() - kNonce - kTag);
  const auto tag = sealed.last(kTag);
  Secret plain(body.size());
  int n = 0;
  const auto octets = key.read(Pass::key());
  const auto out = plain.write(Pass::key());
  const bool ready = context && EVP_DecryptInit_ex2(context.get(), gcm(), octets.data(), sealed.data(), nullptr) == 1 &&
                     EVP_DecryptUpdate(context.get(), nullptr, &n, associated.data(), int(associated.size())) == 1 &&
                     EVP_DecryptUpdate(context.get(), out.data(), &n, body.data(), int(body.size())) == 1 &&
                     EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, kTag, const_cast<std::uint8_t*>(tag.data())) == 1;
  if (!ready) return fault(Fault::Crypto);
  std::uint8_t nothing[16];
  if (faults::broken(Tested::SealGcm, faults::How::TakesAll)) return plain;
  if (EVP_DecryptFinal_ex(context.get(), nothing, &n) != 1) return refuse(Refusal::BadSignature, "sealed by another key, or damaged");
  return plain;
}

}  // namespace jeton::crypto
