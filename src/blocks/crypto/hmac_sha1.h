// HMAC-SHA-1, for one-time passwords alone (RFC 4226, RFC 6238): authenticators know no other.
#pragma once

#include <array>

#include "ground/bytes.h"

namespace jeton::crypto {

// All zero where OpenSSL has no SHA-1; callers compare codes, and zeros give one like any other.
std::array<std::uint8_t, 20> hmac_sha1(ByteView key, ByteView message);

}  // namespace jeton::crypto
