#include "ground/bytes.h"
#include "program/scan/inspect.h"

using namespace jeton;
using namespace jeton::scan;

// Both engines find the same, and every finding is where it says to be.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Literals fast(Engine::Best), plain(Engine::Plain);
  static Inspector one(fast), other(plain);
  const auto text = as_text({data, size});
  std::vector<Finding> a, b;
  one.inspect(text, {"f", {}}, a);
  other.inspect(text, {"f", {}}, b);
  if (a.size() != b.size()) __builtin_trap();
  for (std::size_t i = 0; i < a.size(); ++i)
    if (a[i].fingerprint != b[i].fingerprint || a[i].line == 0 || a[i].column == 0 || a[i].hint.size() > 8 || a[i].secret.size() > size)
      __builtin_trap();
  return 0;
}
