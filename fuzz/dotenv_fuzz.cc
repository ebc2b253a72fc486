#include "ground/bytes.h"
#include "program/run/env_file.h"

using namespace jeton;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = as_text({data, size});
  const auto plain = run::parse_env(text);
  if (plain)
    for (const auto& a : *plain)
      if (!run::good_variable(a.name) || a.value.size() > text.size() || a.line == 0) __builtin_trap();
  (void)run::parse_env(text, run::Expand::Yes, [](std::string_view name) -> std::optional<std::string> {
    if (name.size() % 2 == 0) return std::string(name);
    return std::nullopt;
  });
  return 0;
}
