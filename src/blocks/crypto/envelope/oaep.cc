#include "blocks/crypto/envelope/oaep.h"

#include <openssl/err.h>
#include <openssl/rsa.h>

#include "blocks/crypto/envelope/candidate.h"
#include "blocks/crypto/key_body.h"
#include "blocks/crypto/random.h"
#include "blocks/crypto/selftest/faults.h"
#include "ground/secret_pass.h"

namespace jeton::crypto {

struct WrapKey::Body {
  PkeyPtr pkey;
  std::size_t size;
};
struct UnwrapKey::Body {
  PkeyPtr pkey;
  std::size_t size;
};

namespace {

const char* name(OaepHash hash) {
  switch (hash) {
    case OaepHash::Sha1: return "SHA1";
    case OaepHash::Sha256: return "SHA256";
    case OaepHash::Sha384: return "SHA384";
    case OaepHash::Sha512: return "SHA512";
  }
  return "";
}

bool set_oaep(EVP_PKEY_CTX* context, const Oaep& scheme) {
  if (EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) != 1 ||
      EVP_PKEY_CTX_set_rsa_oaep_md_name(context, name(scheme.digest), nullptr) != 1 ||
      EVP_PKEY_CTX_set_rsa_mgf1_md_name(context, name(scheme.mask), nullptr) != 1)
    return false;
  if (scheme.label.empty()) return true;
  void* label = OPENSSL_memdup(scheme.label.data(), scheme.label.size());
  if (label != nullptr && EVP_PKEY_CTX_set0_rsa_oaep_label(context, label, static_cast<int>(scheme.label.size())) == 1) return true;
  OPENSSL_free(label);
  return false;
}

// What it opens to, of `size` octets and never told apart from what does not open but by the mask. OpenSSL
// unpads in constant time; what follows takes a thousandth of what it took.
Result<Candidate> try_unwrap(const UnwrapKey::Body& key, const Oaep& scheme, ByteView wrapped, std::size_t size) {
  Candidate candidate{Secret(size), 0};
  if (wrapped.size() != key.size) return candidate;  // lengths are no secret
  const PkeyCtxPtr context(EVP_PKEY_CTX_new_from_pkey(nullptr, key.pkey.get(), nullptr));
  if (!context || EVP_PKEY_decrypt_init(context.get()) != 1 || !set_oaep(context.get(), scheme)) return fault(Fault::Crypto);
  Secret room(std::max(key.size, size));
  const auto out = room.write(Pass::key());
  std::size_t n = out.size();
  const bool opened = EVP_PKEY_decrypt(context.get(), out.data(), &n, wrapped.data(), wrapped.size()) == 1;
  ERR_clear_error();
  std::copy_n(out.begin(), size, candidate.key.write(Pass::key()).begin());
  candidate.good = static_cast<std::uint8_t>(-static_cast<int>(opened & (n == size)));
  return candidate;
}

}  // namespace

Result<WrapKey> WrapKey::from_public(const PublicParts& pub) {
  if (pub.type != KeyType::Rsa) return refuse(Refusal::Unsupported, "content keys are wrapped to RSA keys");
  TRY(auto pkey, make_rsa(pub, nullptr));
  return WrapKey(std::make_shared<const Body>(Body{std::move(pkey), pub.n.size()}));
}

Result<Bytes> WrapKey::wrap(const Oaep& scheme, const Secret& content_key) const {
  TRY_VOID(needs(Tested::RsaOaep));
  const PkeyCtxPtr context(EVP_PKEY_CTX_new_from_pkey(nullptr, body_->pkey.get(), nullptr));
  Bytes out(body_->size);
  std::size_t n = out.size();
  const auto octets = content_key.read(Pass::key());
  const bool ok = context && EVP_PKEY_encrypt_init(context.get()) == 1 && set_oaep(context.get(), scheme) &&
                  EVP_PKEY_encrypt(context.get(), out.data(), &n, octets.data(), octets.size()) == 1;
  ERR_clear_error();
  if (!ok || n != out.size()) return fault(Fault::Crypto);
  return out;
}

Result<UnwrapKey> UnwrapKey::from_parts(const PublicParts& pub, const PrivateParts& priv) {
  if (pub.type != KeyType::Rsa) return refuse(Refusal::Unsupported, "an RSA key opens content keys");
  TRY(auto pkey, make_rsa(pub, &priv));
  return UnwrapKey(std::make_shared<const Body>(Body{std::move(pkey), pub.n.size()}));
}

Result<Secret> UnwrapKey::unwrap(const Oaep& scheme, ByteView wrapped, std::size_t size) const {
  TRY_VOID(needs(Tested::RsaOaep));
  if (faults::broken(Tested::RsaOaep, faults::How::TakesAll)) return Secret(size);
  // Drawn in any case, so that a key that opens and one that does not take the same way.
  Secret random(size);
  SystemEntropy entropy;
  TRY_VOID(entropy.fill(random.write(Pass::key())));
  TRY(const auto candidate, try_unwrap(*body_, scheme, wrapped, size));
  if (faults::broken(Tested::RsaOaep)) return random;
  return chosen(candidate, random);
}

}  // namespace jeton::crypto
