#include "formats/saml/signing.h"

#include "blocks/xml/signature.h"

namespace jeton::saml {

Result<std::string> signed_after_issuer(std::string_view upto_issuer, std::string_view rest, std::string_view id,
                                        const crypto::SignKey* key) {
  std::string whole;
  whole.reserve(upto_issuer.size() + rest.size() + 2048);
  whole.append(upto_issuer).append(rest);
  if (key == nullptr) return whole;
  TRY(const auto signature, xml::sign(whole, id, *key));
  whole.insert(upto_issuer.size(), signature);
  return whole;
}

Result<std::string> new_id(Entropy& entropy) {
  std::uint8_t octets[20];
  TRY_VOID(entropy.fill(octets));
  return "_" + to_hex(octets);   // [SAMLCore §1.3.4] between 128 and 160 bits
}

}  // namespace jeton::saml
