// A SAML response without a good signature is never a login, whatever it holds.
#include "blocks/xml/signature.h"
#include "formats/saml/login.h"

using namespace jeton;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto key = *crypto::SignKey::generate(crypto::SignAlg::RS256, 2048);
  static const auto keys = *xml::verify_keys(key.public_parts());
  static const std::vector opening = {*crypto::UnwrapKey::from_parts(key.public_parts(), key.private_parts())};
  const saml::Expected expected{.idp = "https://idp.example",
                                .idp_keys = keys,
                                .sp = "https://app.example",
                                .acs = "https://app.example/acs",
                                .request_id = "_q",
                                .decryption = opening};
  const auto text = as_text({data, size});
  if (saml::verify_response(text, expected, Instant::from_seconds(1'800'000'000))) __builtin_trap();
  if (saml::verify_assertion(text, expected, Instant::from_seconds(1'800'000'000))) __builtin_trap();
  if (const auto document = xml::Document::parse(text)) (void)saml::read_assertion(document->root());
  return 0;
}
