#include "authority/people/totp.h"

#include "blocks/crypto/mac.h"
#include "blocks/http/form.h"

namespace jeton::people::totp {
namespace {
constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
}

std::string code(ByteView secret, std::uint64_t step) {
  std::array<std::uint8_t, 8> message;
  for (int i = 7; i >= 0; --i, step >>= 8) message[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(step);
  const auto mac = crypto::hmac_sha1(secret, message);
  const auto at = mac[19] & 15u;
  std::uint32_t number =
      (mac[at] & 0x7fu) << 24 | static_cast<std::uint32_t>(mac[at + 1]) << 16 | static_cast<std::uint32_t>(mac[at + 2]) << 8 | mac[at + 3];
  std::string digits(6, '0');
  for (std::size_t i = 6; i-- > 0; number /= 10) digits[i] = static_cast<char>('0' + number % 10);
  return digits;
}

std::optional<std::uint64_t> match(ByteView secret, std::string_view given, std::uint64_t last, Instant now) {
  const auto current = static_cast<std::uint64_t>(now.seconds() / kStep);
  std::optional<std::uint64_t> found;
  for (const auto step : {current - 1, current, current + 1}) {
    const auto wanted = code(secret, step);
    const bool same = equal_constant_time(as_bytes(wanted), as_bytes(given));
    if (same && step > last) found = step;
  }
  return found;
}

std::string base32(ByteView octets) {
  std::string out;
  unsigned held = 0, bits = 0;
  for (const auto octet : octets) {
    held = held << 8 | octet;
    for (bits += 8; bits >= 5; bits -= 5) out += kAlphabet[held >> (bits - 5) & 31];
  }
  if (bits > 0) out += kAlphabet[held << (5 - bits) & 31];
  return out;
}

std::optional<Bytes> from_base32(std::string_view text) {
  Bytes out;
  unsigned held = 0, bits = 0;
  for (const char c : text) {
    const auto value = kAlphabet.find(c);
    if (value == std::string_view::npos) return std::nullopt;
    held = held << 5 | static_cast<unsigned>(value);
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    out.push_back(static_cast<std::uint8_t>(held >> bits));
  }
  return out;
}

std::string uri(std::string_view issuer, std::string_view user, std::string_view secret) {
  const auto name = http::percent_encode(issuer);
  return "otpauth://totp/" + name + ":" + http::percent_encode(user) + "?secret=" + std::string(secret) + "&issuer=" + name +
         "&algorithm=SHA1&digits=6&period=30";
}

}  // namespace jeton::people::totp
