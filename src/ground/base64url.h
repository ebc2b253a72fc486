// base64url without padding (RFC 4648 §5, RFC 7515 §2): one spelling only.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ground/bytes.h"

namespace jeton::base64url {

// Octets that `n` characters hold, or nothing where no such text exists (n mod 4 = 1).
constexpr std::optional<std::size_t> decoded_size(std::size_t n) {
  if (n % 4 == 1) return std::nullopt;
  return n / 4 * 3 + (n % 4 == 0 ? 0 : n % 4 - 1);
}
constexpr std::size_t encoded_size(std::size_t n) { return n / 3 * 4 + (n % 3 == 0 ? 0 : n % 3 + 1); }

// Decodes into `out`, which holds at least decoded_size(text.size()) octets; the number written. Nothing where
// the text has padding, white space, another alphabet's character, or slack bits that are not zero.
std::optional<std::size_t> decode_into(std::string_view text, ByteSpan out);
std::optional<Bytes> decode(std::string_view text);

// Writes encoded_size(bytes.size()) characters at `out`.
void encode_into(ByteView bytes, char* out);
std::string encode(ByteView bytes);
void append(std::string& out, ByteView bytes);

}  // namespace jeton::base64url
