#include "authority/leaks/partner_keys.h"

#include "blocks/crypto/ecdsa_form.h"
#include "blocks/crypto/pem/encoded.h"
#include "blocks/json/value.h"
#include "blocks/xml/base64.h"

namespace jeton::leaks {

Result<PartnerKeys> PartnerKeys::parse(std::string_view text) {
  TRY(const auto value, json::parse(text));
  const auto* list = value.find("public_keys");
  if (list == nullptr || list->array() == nullptr) return refuse(Refusal::Malformed, "public_keys: a list is expected");
  PartnerKeys keys;
  for (const auto& item : *list->array()) {
    const auto identifier = item.string_at("key_identifier"), pem = item.string_at("key");
    if (!identifier || identifier->empty() || !pem) return refuse(Refusal::Malformed, "public_keys: each has key_identifier and key");
    TRY(const auto parts, crypto::decode_key(as_bytes(*pem)));
    TRY(auto key, crypto::VerifyKey::from_public(crypto::SignAlg::ES256, parts.pub));
    keys.keys_.emplace_back(*identifier, std::move(key));
  }
  return keys;
}

Status PartnerKeys::verify(std::string_view identifier, std::string_view signature, std::string_view body) const {
  for (const auto& [name, key] : keys_) {
    if (name != identifier) continue;
    const auto der = base64::decode(signature);
    if (!der) return refuse(Refusal::Malformed, "the signature is not base64");
    TRY(const auto raw, crypto::raw_signature(crypto::SignAlg::ES256, *der));
    return key.verify(as_bytes(body), raw);
  }
  return refuse(Refusal::UnknownKey);
}

}  // namespace jeton::leaks
