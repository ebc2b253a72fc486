#include "authority/keys/master_key.h"

#include "blocks/crypto/aead.h"
#include "blocks/crypto/hash.h"
#include "ground/base64url.h"
#include "ground/secret_pass.h"

namespace jeton::keys {
namespace {

// A key for each purpose comes of the one by HKDF-SHA-256 (RFC 5869).
class SoftwareMasterKey final : public MasterKey {
 public:
  explicit SoftwareMasterKey(Secret octets) : octets_(std::move(octets)) {}

  Result<Bytes> wrap(std::string_view associated, const Secret& key, Entropy& entropy) const override {
    TRY(const auto wrapping, derive("jeton key-encryption key 1"));
    return crypto::seal(wrapping, as_bytes(associated), key.read(Pass::key()), entropy);
  }
  Result<Secret> unwrap(std::string_view associated, ByteView wrapped) const override {
    TRY(const auto wrapping, derive("jeton key-encryption key 1"));
    return crypto::open(wrapping, as_bytes(associated), wrapped);
  }
  Result<std::string> fingerprint() const override {
    TRY(const auto derived, derive("jeton master key fingerprint"));
    return base64url::encode(derived.read(Pass::key()).first(12));
  }

 private:
  Result<Secret> derive(std::string_view purpose) const { return crypto::hkdf_sha256(octets_, {}, purpose, 32); }
  Secret octets_;
};

}  // namespace

MasterKeyPtr MasterKey::of(Secret octets) { return std::make_shared<const SoftwareMasterKey>(std::move(octets)); }

Result<MasterKeyPtr> MasterKey::ephemeral(Entropy& entropy) {
  Secret octets(32);
  TRY_VOID(entropy.fill(octets.write(Pass::key())));
  return of(std::move(octets));
}

}  // namespace jeton::keys
