// Without the key nothing verifies, whatever it looks like.
#include "formats/jose/jws.h"

#include "formats/jose/jwk.h"

using namespace jeton;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto key = *crypto::SignKey::generate(crypto::SignAlg::HS256);
  const auto text = as_text({data, size});
  if (jose::verify_compact(text, key.verify_key()) || jose::verify_json(text, key.verify_key())) __builtin_trap();
  (void)jose::verify_detached(text, as_bytes("payload"), key.verify_key());
  return 0;
}
