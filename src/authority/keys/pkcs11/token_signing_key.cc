#include "authority/keys/pkcs11/token_signing_key.h"

#include "authority/keys/pkcs11/token_master_key.h"
#include "blocks/crypto/pkcs11/token.h"
#include "blocks/json/value.h"
#include "blocks/json/writer.h"

namespace jeton::keys {

std::string token_reference(std::string_view uri) {
  std::string out;
  json::Writer(out).object().member("pkcs11", uri).end_object();
  return out;
}

std::optional<std::string> token_uri(std::string_view sealed_text) {
  const auto value = json::parse(sealed_text);
  const auto uri = value ? value->string_at("pkcs11") : std::nullopt;
  if (!uri) return std::nullopt;
  return std::string(*uri);
}

Result<crypto::SignKey> open_token_signing_key(const std::string& text, crypto::SignAlg alg) {
  const auto uri = crypto::pkcs11::parse_uri(text);
  if (!uri) return fault(Fault::Config, uri.error().detail());
  TRY(auto pin, read_pin(uri->pin_source));
  TRY(auto key, crypto::pkcs11::TokenKey::open(*uri, crypto::pkcs11::TokenKey::Class::Private, std::move(pin)));
  return crypto::pkcs11::TokenKey::signing_key(std::move(key), alg);
}

}  // namespace jeton::keys
