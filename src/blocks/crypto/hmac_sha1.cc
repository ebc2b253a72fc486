#include "blocks/crypto/hmac_sha1.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace jeton::crypto {

std::array<std::uint8_t, 20> hmac_sha1(ByteView key, ByteView message) {
  std::array<std::uint8_t, 20> out{};
  unsigned size = 0;
  ::HMAC(EVP_sha1(), key.data(), static_cast<int>(key.size()), message.data(), message.size(), out.data(), &size);
  return out;
}

}  // namespace jeton::crypto
