#include "blocks/http/form.h"
#include "ground/bytes.h"

using namespace jeton;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto form = http::Form::parse(as_text({data, size}));
  if (!form) return 0;
  for (const auto& [name, value] : form->all())
    if (http::percent_decode(http::percent_encode(value), http::Plus::Literal) != value) __builtin_trap();
  return 0;
}
