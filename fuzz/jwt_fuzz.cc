// Claims behind a good signature may still be anything.
#include "formats/jose/jwt.h"

using namespace jeton;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto key = *crypto::SignKey::generate(crypto::SignAlg::HS256);
  jose::JwtRoom room;
  (void)jose::ParsedJwt::parse(as_text({data, size}), room);
  const auto token = jose::sign_compact({}, {data, size}, key);
  if (!token) return 0;
  const auto parsed = jose::ParsedJwt::parse(*token, room);
  if (!parsed) return 0;
  const auto verified = parsed->verify(key.verify_key());
  if (!verified) __builtin_trap();
  if (const auto& claims = jose::read_claims(*verified); claims)
    (void)jose::judge(*verified, *claims, {"a", "b", {}, Seconds(0)}, Instant());
  return 0;
}
