#include "ground/bytes.h"
#include "program/run/mask.h"

using namespace jeton;

// However a stream is cut, it comes out the same, and holds no value.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 12) return 0;
  const auto all = as_text({data, size});
  const auto first = all.substr(1, 4 + static_cast<unsigned char>(all[0]) % 4), second = all.substr(1 + first.size(), 4);
  if (first.find_first_of("*\r\n") != std::string_view::npos || second.find_first_of("*\r\n") != std::string_view::npos) return 0;
  const auto text = all.substr(1);
  const run::MaskedValues values({first, second});
  std::string whole, pieces;
  run::MaskedStream a(values), b(values);
  a.feed(text, whole);
  a.end(whole);
  for (std::size_t i = 0; i < text.size(); ++i) b.feed(text.substr(i, 1), pieces);
  b.end(pieces);
  if (whole != pieces || whole.find(first) != std::string::npos || whole.find(second) != std::string::npos) __builtin_trap();
  return 0;
}
