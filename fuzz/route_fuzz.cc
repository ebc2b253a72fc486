#include "blocks/http/route.h"
#include "ground/bytes.h"

using namespace jeton;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = as_text({data, size});
  const auto cut = text.find('\n');
  const auto route = http::RoutePattern::parse(text.substr(0, cut));
  if (route && cut != std::string_view::npos && text.substr(cut + 1).starts_with('/')) (void)route->matches("GET", text.substr(cut + 1));
  return 0;
}
