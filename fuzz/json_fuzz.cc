// The JSON reader: what it accepts, it accepts again after it was written, and both readers agree.
#include "blocks/json/value.h"
#include "ground/bytes.h"

using namespace jeton;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = as_text({data, size});
  const bool tree = json::parse(text).has_value();
  json::Scanner scanner(text, {});
  const bool flat = scanner.value().has_value() && scanner.end().has_value();
  if (tree != flat) __builtin_trap();
  return 0;
}
