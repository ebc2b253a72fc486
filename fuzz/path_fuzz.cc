// A plain path is plain: reading it again changes nothing.
#include "blocks/http/path.h"
#include "ground/bytes.h"

using namespace jeton;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string room, again;
  const auto plain = http::plain_path(as_text({data, size}), room);
  if (!plain) return 0;
  for (const auto bad : {"//", "/../", "/./", "%", "\\", ";"})
    if (plain->find(bad) != std::string_view::npos) __builtin_trap();
  return 0;
}
