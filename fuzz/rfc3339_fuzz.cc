// Times and durations, as bodies, flags and files bring them.
#include "ground/bytes.h"
#include "ground/instant.h"

using namespace jeton;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = as_text({data, size});
  if (const auto t = parse_rfc3339(text); t && parse_rfc3339(to_rfc3339(*t))->seconds() != t->seconds()) __builtin_trap();
  if (const auto d = parse_duration(text); d && d->count() > 0 && parse_duration(to_text(*d)) != d) __builtin_trap();
  return 0;
}
