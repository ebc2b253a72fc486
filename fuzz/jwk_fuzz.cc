// Keys and sets from anywhere: each is refused or sound.
#include "formats/jose/jwk.h"

using namespace jeton;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = as_text({data, size});
  if (const auto key = jose::parse_jwk(text)) (void)jose::check(*key);
  (void)jose::parse_jwk_set(text);
  return 0;
}
