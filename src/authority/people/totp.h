// Time-based one-time passwords (RFC 6238): SHA-1, 6 digits, 30 seconds, as every authenticator has them.
#pragma once

#include <optional>
#include <string>

#include "ground/instant.h"
#include "ground/result.h"
#include "ground/secret.h"

namespace jeton::people::totp {

inline constexpr std::int64_t kStep = 30;

std::string code(ByteView secret, std::uint64_t step);
// The step of a code that is good now or one step off, and later than `last`; nothing where it is not. Compares all in constant time.
std::optional<std::uint64_t> match(ByteView secret, std::string_view code, std::uint64_t last, Instant now);

std::string base32(ByteView octets);
std::optional<Bytes> from_base32(std::string_view text);
// otpauth://totp/…, which authenticators read.
std::string uri(std::string_view issuer, std::string_view user, std::string_view base32_secret);

}  // namespace jeton::people::totp
