// SAML metadata.
#include "formats/saml/metadata.h"
#include "ground/bytes.h"

using namespace jeton;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto found = saml::parse_metadata(as_text({data, size}), "");
  if (found && found->entity.empty()) __builtin_trap();
  return 0;
}
