#include "blocks/crypto/wrap/oaep.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

#include "blocks/crypto/key_body.h"
#include "blocks/crypto/random.h"
#include "ground/secret_pass.h"

namespace jeton::crypto {

struct UnwrapKey::Body {
  PkeyPtr pkey;
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
  if (label != nullptr && EVP_PKEY_CTX_set0_rsa_oaep_label(context, label, int(scheme.label.size())) == 1) return true;
  OPENSSL_free(label);
  return false;
}

}  // namespace

Result<UnwrapKey> UnwrapKey::from_parts(const PublicParts& pub, const PrivateParts& priv) {
  if (pub.type != KeyType::Rsa) return refuse(Refusal::Unsupported, "an RSA key opens content keys");
  TRY(auto pkey, make_rsa(pub, &priv));
  return UnwrapKey(std::make_shared<const Body>(Body{std::move(pkey)}));
}

Result<Secret> UnwrapKey::unwrap(const Oaep& scheme, ByteView wrapped, std::size_t size) const {
  const PkeyCtxPtr context(EVP_PKEY_CTX_new_from_pkey(nullptr, body_->pkey.get(), nullptr));
  if (!context || EVP_PKEY_decrypt_init(context.get()) != 1 || !set_oaep(context.get(), scheme)) return fault(Fault::Crypto);
  // Made in any case, so that a key that opens and one that does not take the same way.
  Secret other(size);
  SystemEntropy entropy;
  TRY_VOID(entropy.fill(other.write(Pass::key())));
  Secret room(static_cast<std::size_t>(EVP_PKEY_get_size(body_->pkey.get())));
  const auto out = room.write(Pass::key());
  std::size_t n = out.size();
  const bool opened = EVP_PKEY_decrypt(context.get(), out.data(), &n, wrapped.data(), wrapped.size()) == 1 && n == size;
  ERR_clear_error();
  return opened ? Secret::copy_of(out.first(size)) : std::move(other);
}

Result<Bytes> wrap(const PublicParts& to, const Oaep& scheme, const Secret& content_key) {
  if (to.type != KeyType::Rsa) return refuse(Refusal::Unsupported, "content keys are wrapped to RSA keys");
  TRY(const auto pkey, make_rsa(to, nullptr));
  const PkeyCtxPtr context(EVP_PKEY_CTX_new_from_pkey(nullptr, pkey.get(), nullptr));
  Bytes out(static_cast<std::size_t>(EVP_PKEY_get_size(pkey.get())));
  std::size_t n = out.size();
  const auto key = content_key.read(Pass::key());
  if (!context || EVP_PKEY_encrypt_init(context.get()) != 1 || !set_oaep(context.get(), scheme) ||
      EVP_PKEY_encrypt(context.get(), out.data(), &n, key.data(), key.size()) != 1)
    return fault(Fault::Crypto);
  out.resize(n);
  return out;
}

}  // namespace jeton::crypto
