// Without the key nothing decrypts, whatever it looks like; what is taken apart is never read past its end.
#include "formats/jose/jwe.h"

#include "formats/jose/jwk.h"

using namespace jeton;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto keys = [] {
    std::vector<jose::DecryptKey> made;
    const auto shared = *jose::parse_jwk(R"({"kty":"oct","k":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"})");
    for (const auto alg : {crypto::KeyAlg::Dir, crypto::KeyAlg::A256Kw, crypto::KeyAlg::A256GcmKw})
      made.push_back(*jose::DecryptKey::of(shared, alg));
    const auto curve = *jose::parse_jwk(
        R"({"kty":"OKP","crv":"X25519","x":"3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08","d":"XasIfmJKikt54X-Lg4AO5m87sSkmGLb9HC-LJ_-I4Os"})");
    for (const auto alg : {crypto::KeyAlg::EcdhEs, crypto::KeyAlg::EcdhEsA256Kw}) made.push_back(*jose::DecryptKey::of(curve, alg));
    return made;
  }();
  const auto text = as_text({data, size});
  for (const auto& parsed : {jose::ParsedJwe::parse(text), jose::ParsedJwe::parse_json(text)}) {
    if (!parsed) continue;
    for (const auto& key : keys)
      for (std::size_t i = 0; i < parsed->recipients(); ++i) (void)parsed->decrypt(key, i);
  }
  return 0;
}
