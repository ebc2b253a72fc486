#include "blocks/crypto/envelope/content.h"

#include "blocks/crypto/mac.h"
#include "blocks/crypto/openssl.h"
#include "blocks/crypto/selftest/faults.h"
#include "ground/secret_pass.h"

namespace jeton::crypto {
namespace {

constexpr std::size_t kNonce = 12, kGcmTag = 16, kBlock = 16;

auto closed() { return refuse(Refusal::BadSignature, "it does not decrypt"); }

const EVP_CIPHER* gcm(std::size_t key_size) {
  static const EVP_CIPHER* const by_size[] = {fetched_cipher("AES-128-GCM"), fetched_cipher("AES-192-GCM"), fetched_cipher("AES-256-GCM")};
  return key_size == 16 || key_size == 24 || key_size == 32 ? by_size[key_size / 8 - 2] : nullptr;
}

const EVP_CIPHER* cbc(std::size_t key_size) {
  static const EVP_CIPHER* const by_size[] = {fetched_cipher("AES-128-CBC"), fetched_cipher("AES-192-CBC"), fetched_cipher("AES-256-CBC")};
  return by_size[key_size / 8 - 2];
}

// The two halves of a CBC-HMAC key (RFC 7518 §5.2.2.1): the MAC's first.
struct Halves {
  Secret mac, enc;
  explicit Halves(ByteView key) : mac(Secret::copy_of(key.first(key.size() / 2))), enc(Secret::copy_of(key.last(key.size() / 2))) {}
};

HashAlg hash_of(std::size_t key_size) { return key_size == 32 ? HashAlg::Sha256 : key_size == 48 ? HashAlg::Sha384 : HashAlg::Sha512; }

// [RFC7518 §5.2.2.1] AAD, IV, ciphertext and the AAD's length in bits as 64 bits; cut to half the hash.
Bytes cbc_tag(const Secret& mac_key, std::size_t key_size, ByteView iv, ByteView associated, ByteView ciphertext) {
  Bytes input;
  input.reserve(associated.size() + iv.size() + ciphertext.size() + 8);
  for (const auto part : {associated, iv, ciphertext}) input.insert(input.end(), part.begin(), part.end());
  const std::uint64_t bits = std::uint64_t{associated.size()} * 8;
  for (int shift = 56; shift >= 0; shift -= 8) input.push_back(static_cast<std::uint8_t>(bits >> shift));
  const Hmac hmac(hash_of(key_size), mac_key);
  Bytes tag(64);
  tag.resize(hmac(input, tag));
  tag.resize(key_size / 2);
  return tag;
}

Result<Sealed> seal_cbc(ByteView key, ByteView iv, ByteView associated, ByteView plain) {
  const Halves halves(key);
  const CipherCtxPtr context(EVP_CIPHER_CTX_new());
  Sealed out;
  out.ciphertext.resize(plain.size() + kBlock);
  int n = 0, last = 0;
  const bool ok = context &&
                  EVP_EncryptInit_ex2(context.get(), cbc(key.size() / 2), halves.enc.read(Pass::key()).data(), iv.data(), nullptr) == 1 &&
                  EVP_EncryptUpdate(context.get(), out.ciphertext.data(), &n, plain.data(), int(plain.size())) == 1 &&
                  EVP_EncryptFinal_ex(context.get(), out.ciphertext.data() + n, &last) == 1;
  if (!ok) return fault(Fault::Crypto);
  out.ciphertext.resize(static_cast<std::size_t>(n) + static_cast<std::size_t>(last));
  out.tag = cbc_tag(halves.mac, key.size(), iv, associated, out.ciphertext);
  return out;
}

Result<Secret> open_cbc(ByteView key, ByteView iv, ByteView associated, ByteView ciphertext, ByteView tag) {
  const Halves halves(key);
  // The tag first, in constant time: a padding that is wrong is seen only by who holds the MAC key.
  if (!equal_constant_time(cbc_tag(halves.mac, key.size(), iv, associated, ciphertext), tag) &&
      !faults::broken(Tested::ContentCbc, faults::How::TakesAll))
    return closed();
  if (ciphertext.empty() || ciphertext.size() % kBlock != 0) return closed();
  const CipherCtxPtr context(EVP_CIPHER_CTX_new());
  Secret padded(ciphertext.size() + kBlock);
  const auto out = padded.write(Pass::key());
  int n = 0, last = 0;
  const bool ready =
      context && EVP_DecryptInit_ex2(context.get(), cbc(key.size() / 2), halves.enc.read(Pass::key()).data(), iv.data(), nullptr) == 1 &&
      EVP_DecryptUpdate(context.get(), out.data(), &n, ciphertext.data(), int(ciphertext.size())) == 1;
  if (!ready) return fault(Fault::Crypto);
  if (EVP_DecryptFinal_ex(context.get(), out.data() + n, &last) != 1) return closed();
  return Secret::copy_of(ByteView(out).first(static_cast<std::size_t>(n) + static_cast<std::size_t>(last)));
}

bool is_gcm(const ContentAlgInfo& alg) { return alg.iv_size == kNonce; }

}  // namespace

Result<Sealed> seal_gcm(const Secret& key, ByteView iv, ByteView associated, ByteView plain) {
  TRY_VOID(needs(Tested::ContentGcm));
  if (gcm(key.size()) == nullptr || iv.size() != kNonce) return fault(Fault::Crypto, "the sizes of AES-GCM");
  const CipherCtxPtr context(EVP_CIPHER_CTX_new());
  Sealed out{Bytes(plain.size()), Bytes(kGcmTag)};
  int n = 0;
  std::uint8_t nothing[kBlock];
  const bool ok = context && EVP_EncryptInit_ex2(context.get(), gcm(key.size()), key.read(Pass::key()).data(), iv.data(), nullptr) == 1 &&
                  EVP_EncryptUpdate(context.get(), nullptr, &n, associated.data(), int(associated.size())) == 1 &&
                  EVP_EncryptUpdate(context.get(), out.ciphertext.data(), &n, plain.data(), int(plain.size())) == 1 &&
                  EVP_EncryptFinal_ex(context.get(), nothing, &n) == 1 &&
                  EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, kGcmTag, out.tag.data()) == 1;
  if (!ok) return fault(Fault::Crypto);
  return out;
}

Result<Candidate> try_open_gcm(const Secret& key, ByteView iv, ByteView associated, ByteView ciphertext, ByteView tag) {
  TRY_VOID(needs(Tested::ContentGcm));
  // [RFC7518 §4.7.1.2] a tag of 128 bits, whole
  if (gcm(key.size()) == nullptr || iv.size() != kNonce || tag.size() != kGcmTag) return Candidate{Secret(ciphertext.size()), 0};
  const CipherCtxPtr context(EVP_CIPHER_CTX_new());
  Secret plain(ciphertext.size());
  const auto out = plain.write(Pass::key());
  int n = 0;
  std::uint8_t nothing[kBlock];
  const bool ready = context &&
                     EVP_DecryptInit_ex2(context.get(), gcm(key.size()), key.read(Pass::key()).data(), iv.data(), nullptr) == 1 &&
                     EVP_DecryptUpdate(context.get(), nullptr, &n, associated.data(), int(associated.size())) == 1 &&
                     EVP_DecryptUpdate(context.get(), out.data(), &n, ciphertext.data(), int(ciphertext.size())) == 1 &&
                     EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, kGcmTag, const_cast<std::uint8_t*>(tag.data())) == 1;
  if (!ready) return fault(Fault::Crypto);
  const auto final = static_cast<unsigned>(EVP_DecryptFinal_ex(context.get(), nothing, &n) == 1);
  return Candidate{std::move(plain), static_cast<std::uint8_t>(0u - final)};
}

Result<Secret> open_gcm(const Secret& key, ByteView iv, ByteView associated, ByteView ciphertext, ByteView tag) {
  TRY(auto candidate, try_open_gcm(key, iv, associated, ciphertext, tag));
  if (candidate.good == 0 && !faults::broken(Tested::ContentGcm, faults::How::TakesAll)) return closed();
  return std::move(candidate.key);
}

Result<Sealed> seal_content(ContentAlg alg, const Secret& key, ByteView iv, ByteView associated, ByteView plain) {
  const auto& a = info(alg);
  const auto what = is_gcm(a) ? Tested::ContentGcm : Tested::ContentCbc;
  TRY_VOID(needs(what));
  if (key.size() != a.key_size || iv.size() != a.iv_size) return fault(Fault::Crypto, "the sizes of the content algorithm");
  auto sealed = is_gcm(a) ? seal_gcm(key, iv, associated, plain) : seal_cbc(key.read(Pass::key()), iv, associated, plain);
  if (sealed && faults::broken(what)) sealed->tag[0] ^= 1;
  return sealed;
}

Result<Secret> open_content(ContentAlg alg, const Secret& key, ByteView iv, ByteView associated, ByteView ciphertext, ByteView tag) {
  const auto& a = info(alg);
  TRY_VOID(needs(is_gcm(a) ? Tested::ContentGcm : Tested::ContentCbc));
  if (key.size() != a.key_size || iv.size() != a.iv_size || tag.size() != a.tag_size) return closed();
  return is_gcm(a) ? open_gcm(key, iv, associated, ciphertext, tag) : open_cbc(key.read(Pass::key()), iv, associated, ciphertext, tag);
}

}  // namespace jeton::crypto
