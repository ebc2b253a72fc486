// A chain behind an untrusted peer changes nothing; behind a trusted one it yields an address.
#include "blocks/net/forwarded.h"
#include "ground/bytes.h"

using namespace jeton;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const net::PrefixSet trusted({*net::Prefix::parse("10.0.0.0/8")});
  const auto text = as_text({data, size});
  for (const auto name : {"X-Forwarded-For", "Forwarded"}) {
    const net::HeaderField field{name, text};
    const auto outside = *net::Address::parse("192.0.2.1"), inside = *net::Address::parse("10.1.1.1");
    if (net::client_address(outside, {&field, 1}, trusted) != outside) __builtin_trap();
    if (net::client_address(inside, {&field, 1}, trusted).is_none()) __builtin_trap();
  }
  return 0;
}
