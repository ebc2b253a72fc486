#include "authority/keys/pkcs11/token_master_key.h"

#include "authority/keys/files.h"
#include "blocks/crypto/hash.h"
#include "blocks/crypto/pkcs11/token.h"
#include "ground/base64url.h"
#include "ground/secret_pass.h"

namespace jeton::keys {
namespace {

namespace pkcs11 = crypto::pkcs11;

class TokenMasterKey final : public MasterKey {
 public:
  TokenMasterKey(std::shared_ptr<const pkcs11::TokenKey> key, std::string fingerprint)
      : key_(std::move(key)), fingerprint_(std::move(fingerprint)) {}
  Result<Bytes> wrap(std::string_view associated, const Secret& key, Entropy& entropy) const override {
    return key_->seal(as_bytes(associated), key.read(Pass::key()), entropy);
  }
  Result<Secret> unwrap(std::string_view associated, ByteView wrapped) const override {
    return key_->open_sealed(as_bytes(associated), wrapped);
  }
  Result<std::string> fingerprint() const override { return fingerprint_; }

 private:
  std::shared_ptr<const pkcs11::TokenKey> key_;
  std::string fingerprint_;
};

}  // namespace

Result<Secret> read_pin(const std::string& pin_source) {
  constexpr std::string_view kFile = "file:";
  if (pin_source.empty()) return fault(Fault::Config, "the PKCS#11 URI says not where the PIN stands: add ?pin-source=file:/path");
  auto path = pin_source.starts_with(kFile) ? pin_source.substr(kFile.size()) : pin_source;
  auto pin = read_private_file(path);
  if (!pin && pin.error().is(Refusal::NotFound)) return fault(Fault::Config, "the file at pin-source is not there");
  TRY(const auto file, std::move(pin));
  auto text = file.read(Pass::key());
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text = text.first(text.size() - 1);
  return Secret::copy_of(text);
}

Result<MasterKeyPtr> open_token_master_key(const std::string& text) {
  auto uri = pkcs11::parse_uri(text);
  if (!uri) return fault(Fault::Config, uri.error().detail());
  TRY(auto pin, read_pin(uri->pin_source));
  TRY(auto key, pkcs11::TokenKey::open(*uri, pkcs11::TokenKey::Class::Secret, std::move(pin)));
  // One block under the key tells it from others and tells nothing of it.
  const auto text_of_it = crypto::sha256(as_bytes("jeton master key fingerprint"));
  TRY(const auto block, key->block(ByteView(text_of_it).first(16)));
  const auto digest = crypto::sha256(block);
  return std::make_shared<const TokenMasterKey>(std::move(key), base64url::encode(ByteView(digest).first(12)));
}

}  // namespace jeton::keys
