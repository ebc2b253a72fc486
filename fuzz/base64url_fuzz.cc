// One spelling only: what decodes encodes to itself.
#include "ground/base64url.h"

using namespace jeton;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = as_text({data, size});
  const auto octets = base64url::decode(text);
  if (octets && base64url::encode(*octets) != text) __builtin_trap();
  return 0;
}
