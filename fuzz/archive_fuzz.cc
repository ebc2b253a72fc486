#include "ground/bytes.h"
#include "program/scan/archive/archive.h"

using namespace jeton;
using namespace jeton::scan;

// All that comes out, archives within archives too, stays within the allowance.
static void open(std::string_view octets, archive::Allowance& left, unsigned depth, std::size_t& members) {
  const auto form = form_of(octets);
  if (form == Form::Utf16Little || form == Form::Utf16Big) (void)utf8_of(octets, form);
  if (depth >= archive::kDeepest) return;
  archive::open(
      octets, form, left,
      [&](std::string_view, std::string_view inner) {
        if (inner.size() > 2 * archive::kLargestMember || ++members > archive::kMostMembers) __builtin_trap();
        open(inner, left, depth + 1, members);
      },
      [](std::string_view, std::string_view) {});
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  archive::Allowance left{16 << 20, 1000};
  std::size_t members = 0;
  open(as_text({data, size}), left, 0, members);
  return 0;
}
