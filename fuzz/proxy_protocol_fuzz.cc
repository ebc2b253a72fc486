// A preamble is as long as it says and no longer than any; what comes behind it changes nothing.
#include "blocks/net/proxy_protocol.h"

#include "ground/bytes.h"

using namespace jeton;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = as_text({data, size});
  const auto read = net::read_preamble(text);
  if (!read || !*read) return 0;
  const auto& found = **read;
  if (found.size == 0 || found.size > size || found.size > net::kMostPreamble) __builtin_trap();
  if (found.source && found.source->is_none()) __builtin_trap();
  const auto again = net::read_preamble(text.substr(0, found.size));
  if (!again || !*again || (*again)->size != found.size || (*again)->source != found.source) __builtin_trap();
  const auto less = net::read_preamble(text.substr(0, found.size - 1));
  if (!less || *less) __builtin_trap();
  return 0;
}
