#include "ground/base64url.h"

#include <array>

namespace jeton::base64url {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::uint8_t kBad = 0x80;

constexpr auto kValues = [] {
  std::array<std::uint8_t, 256> values{};
  values.fill(kBad);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) values[static_cast<std::uint8_t>(kAlphabet[i])] = i;
  return values;
}();

std::uint8_t value(char c) { return kValues[static_cast<std::uint8_t>(c)]; }

// The last two or three characters. Slack bits must be zero, or two texts would mean the same octets.
bool decode_tail(std::string_view tail, std::uint8_t* out) {
  if (tail.empty()) return true;
  const std::uint8_t a = value(tail[0]), b = value(tail[1]);
  if (tail.size() == 2) {
    out[0] = static_cast<std::uint8_t>(a << 2 | b >> 4);
    return ((a | b) & kBad) == 0 && (b & 15) == 0;
  }
  const std::uint8_t c = value(tail[2]);
  out[0] = static_cast<std::uint8_t>(a << 2 | b >> 4);
  out[1] = static_cast<std::uint8_t>(b << 4 | c >> 2);
  return ((a | b | c) & kBad) == 0 && (c & 3) == 0;
}

}  // namespace

std::optional<std::size_t> decode_into(std::string_view text, ByteSpan out) {
  const auto size = decoded_size(text.size());
  if (!size || out.size() < *size) return std::nullopt;
  std::uint8_t bad = 0;
  std::uint8_t* to = out.data();
  std::size_t i = 0;
  for (; i + 4 <= text.size(); i += 4, to += 3) {
    const std::uint8_t a = value(text[i]), b = value(text[i + 1]), c = value(text[i + 2]), d = value(text[i + 3]);
    bad |= a | b | c | d;
    to[0] = static_cast<std::uint8_t>(a << 2 | b >> 4);
    to[1] = static_cast<std::uint8_t>(b << 4 | c >> 2);
    to[2] = static_cast<std::uint8_t>(c << 6 | d);
  }
  if ((bad & kBad) != 0 || !decode_tail(text.substr(i), to)) return std::nullopt;
  return size;
}

std::optional<Bytes> decode(std::string_view text) {
  const auto size = decoded_size(text.size());
  if (!size) return std::nullopt;
  Bytes out(*size);
  if (!decode_into(text, out)) return std::nullopt;
  return out;
}

void encode_into(ByteView bytes, char* out) {
  std::size_t i = 0;
  for (; i + 3 <= bytes.size(); i += 3, out += 4) {
    const std::uint32_t word = bytes[i] << 16 | bytes[i + 1] << 8 | bytes[i + 2];
    out[0] = kAlphabet[word >> 18];
    out[1] = kAlphabet[word >> 12 & 63];
    out[2] = kAlphabet[word >> 6 & 63];
    out[3] = kAlphabet[word & 63];
  }
  const std::size_t left = bytes.size() - i;
  if (left == 0) return;
  const std::uint32_t word = bytes[i] << 16 | (left == 2 ? bytes[i + 1] << 8 : 0);
  out[0] = kAlphabet[word >> 18];
  out[1] = kAlphabet[word >> 12 & 63];
  if (left == 2) out[2] = kAlphabet[word >> 6 & 63];
}

std::string encode(ByteView bytes) {
  std::string out(encoded_size(bytes.size()), '\0');
  encode_into(bytes, out.data());
  return out;
}

void append(std::string& out, ByteView bytes) {
  const auto at = out.size();
  out.resize(at + encoded_size(bytes.size()));
  encode_into(bytes, out.data() + at);
}

}  // namespace jeton::base64url
