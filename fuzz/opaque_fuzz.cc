#include "formats/opaque/token.h"

using namespace jeton;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto shape = opaque::parse(as_text({data, size}));
  if (shape && (!opaque::good_brand(shape->brand) || shape->body.size() != opaque::kBodySize)) __builtin_trap();
  return 0;
}
