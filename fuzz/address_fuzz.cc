// An address or prefix that is read is written and read again as itself.
#include "blocks/net/address.h"
#include "ground/bytes.h"

using namespace jeton;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = as_text({data, size});
  if (const auto a = net::Address::parse(text); a && net::Address::parse(a->text()) != a) __builtin_trap();
  if (const auto p = net::Prefix::parse(text); p && (net::Prefix::parse(p->text()) != p || !p->holds(p->base))) __builtin_trap();
  return 0;
}
