// The XML reader: what it accepts has a canonical form, that form is accepted, and it is its own canonical form.
#include "blocks/xml/canonical.h"
#include "ground/bytes.h"

using namespace jeton;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto document = xml::Document::parse(as_text({data, size}));
  if (!document) return 0;
  (void)document->root().all_text();
  const auto once = xml::canonical(document->root(), {}, std::nullopt);
  if (!once) return 0;
  const auto again = xml::Document::parse(*once);
  // Escapes grow a text, and only that may refuse it.
  if (!again) {
    if (!again.error().is(Refusal::TooLarge)) __builtin_trap();
    return 0;
  }
  const auto twice = xml::canonical(again->root(), {}, std::nullopt);
  if (!twice || *twice != *once) __builtin_trap();
  return 0;
}
