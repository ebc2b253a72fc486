// What a browser sends of a new passkey and of a login: nothing of it is believed by accident.
#include "formats/webauthn/ceremony.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace jeton;
  const webauthn::Expected expected{.challenge = "Y2hhbGxlbmdl", .origin = "https://id.example", .rp_id = "id.example"};
  static constexpr std::string_view kNew = R"({"type":"webauthn.create","challenge":"Y2hhbGxlbmdl","origin":"https://id.example"})";
  static constexpr std::string_view kUsed = R"({"type":"webauthn.get","challenge":"Y2hhbGxlbmdl","origin":"https://id.example"})";
  const ByteView octets(data, size);
  (void)webauthn::read_registration({as_bytes(kNew), octets}, expected);
  (void)webauthn::read_registration({octets, {}}, expected);
  const auto half = octets.first(size / 2);
  (void)webauthn::verify_assertion({as_bytes(kUsed), half, octets.subspan(half.size())}, octets, expected);
  return 0;
}
