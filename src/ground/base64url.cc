#include "ground/base64url.h"

#include <algorithm>
#include <array>
#include <cstring>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace jeton::base64url {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::uint8_t kBad = 0x80;

constexpr auto kValues = [] {
  std::array<std::uint8_t, 256> values{};
  values.fill(kBad);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) values[static_cast<std::uint8_t>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
  return values;
}();

std::uint8_t value(char c) { return kValues[static_cast<std::uint8_t>(c)]; }

#if defined(__x86_64__)

// Thirty-two characters at a time, as octets in the first 24 of 32; a mask of those that are of the alphabet. The five ranges are
// compared one by one, as they are written in RFC 4648 §5; the packing is that of Muła and Lemire (arXiv:1704.00605).
[[gnu::target("avx2")]] inline int thirty_two(const char* from, std::uint8_t* to) {
  const __m256i c = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
  const auto between = [&](char low, char high) __attribute__((target("avx2"))) {
    return _mm256_and_si256(_mm256_cmpgt_epi8(c, _mm256_set1_epi8(static_cast<char>(low - 1))),
                            _mm256_cmpgt_epi8(_mm256_set1_epi8(static_cast<char>(high + 1)), c));
  };
  const __m256i upper = between('A', 'Z'), lower = between('a', 'z'), digit = between('0', '9');
  const __m256i dash = _mm256_cmpeq_epi8(c, _mm256_set1_epi8('-')), line = _mm256_cmpeq_epi8(c, _mm256_set1_epi8('_'));
  __m256i shift = _mm256_and_si256(upper, _mm256_set1_epi8(-'A'));
  shift = _mm256_or_si256(shift, _mm256_and_si256(lower, _mm256_set1_epi8(26 - 'a')));
  shift = _mm256_or_si256(shift, _mm256_and_si256(digit, _mm256_set1_epi8(52 - '0')));
  shift = _mm256_or_si256(shift, _mm256_and_si256(dash, _mm256_set1_epi8(62 - '-')));
  shift = _mm256_or_si256(shift, _mm256_and_si256(line, _mm256_set1_epi8(63 - '_')));
  const __m256i values = _mm256_add_epi8(c, shift);
  const __m256i twelves = _mm256_maddubs_epi16(values, _mm256_set1_epi32(0x01400140));
  const __m256i words = _mm256_madd_epi16(twelves, _mm256_set1_epi32(0x00011000));
  const __m256i order =
      _mm256_setr_epi8(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1, 2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1);
  const __m256i packed = _mm256_permutevar8x32_epi32(_mm256_shuffle_epi8(words, order), _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 7, 7));
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), packed);
  return _mm256_movemask_epi8(_mm256_or_si256(_mm256_or_si256(upper, lower), _mm256_or_si256(digit, _mm256_or_si256(dash, line))));
}

// All of the text. The rest that fills no block is decoded in one of its own, padded with the character that means zero: what the
// padding would add to must be zero, or the slack bits were not.
[[gnu::target("avx2")]] bool decode_wide(std::string_view text, std::uint8_t* to) {
  std::size_t i = 0;
  // A block writes 32 octets where 24 are meant.
  for (; i + 44 <= text.size(); i += 32, to += 24)
    if (thirty_two(text.data() + i, to) != -1) return false;
  while (i < text.size()) {
    const std::size_t n = std::min<std::size_t>(text.size() - i, 32), octets = n * 6 / 8;
    char block[32];
    std::uint8_t out[32];
    std::memset(block, kAlphabet[0], sizeof block);
    std::memcpy(block, text.data() + i, n);
    if (thirty_two(block, out) != -1 || (n % 4 != 0 && out[octets] != 0)) return false;
    std::memcpy(to, out, octets);
    i += n;
    to += octets;
  }
  return true;
}

const bool wide = __builtin_cpu_supports("avx2") != 0;

#else

constexpr bool wide = false;
bool decode_wide(std::string_view, std::uint8_t*) { return false; }

#endif

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
  if (wide) return decode_wide(text, out.data()) ? size : std::nullopt;
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
