// CRC-32 (IEEE 802.3), by carry-less multiplication where the processor has it, by tables elsewhere.
#include <array>
#include <cstring>

#include "blocks/crypto/hash.h"
#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace jeton::crypto {
namespace {

constexpr std::uint32_t kPolynomial = 0xedb88320;   // reflected: the bit for x^31 is the lowest

// What eight octets do to the remainder, by their place and value (slicing by eight).
constexpr auto kRemainders = [] {
  std::array<std::array<std::uint32_t, 256>, 8> table{};
  for (std::uint32_t value = 0; value < 256; ++value) {
    std::uint32_t r = value;
    for (int bit = 0; bit < 8; ++bit) r = r >> 1 ^ ((r & 1) != 0 ? kPolynomial : 0);
    table[0][value] = r;
  }
  for (std::size_t place = 1; place < 8; ++place)
    for (std::size_t value = 0; value < 256; ++value)
      table[place][value] = table[place - 1][value] >> 8 ^ table[0][table[place - 1][value] & 0xff];
  return table;
}();

[[gnu::noinline]] std::uint32_t by_tables(ByteView bytes) {
  std::uint32_t r = ~0u;
  for (; bytes.size() >= 8; bytes = bytes.subspan(8)) {
    std::array<std::uint8_t, 8> b;
    std::memcpy(b.data(), bytes.data(), 8);
    for (std::size_t i = 0; i < 4; ++i) b[i] ^= static_cast<std::uint8_t>(r >> (8 * i));
    r = kRemainders[7][b[0]] ^ kRemainders[6][b[1]] ^ kRemainders[5][b[2]] ^ kRemainders[4][b[3]] ^ kRemainders[3][b[4]] ^
        kRemainders[2][b[5]] ^ kRemainders[1][b[6]] ^ kRemainders[0][b[7]];
  }
  for (const auto octet : bytes) r = r >> 8 ^ kRemainders[0][(r ^ octet) & 0xff];
  return ~r;
}

#if defined(__x86_64__)

// x^n modulo the polynomial, in the 33 bits in which a product of two reflected numbers comes out in its place.
constexpr std::int64_t power(int n) {
  std::uint32_t r = 0x80000000;   // x^0
  for (int i = 0; i < n; ++i) r = r >> 1 ^ ((r & 1) != 0 ? kPolynomial : 0);
  return static_cast<std::int64_t>(std::uint64_t{r} << 1);
}

// x^64 divided by the polynomial, reflected, 33 bits: what Barrett's reduction multiplies by.
constexpr std::int64_t quotient() {
  constexpr std::uint64_t kPlain = 0x104c11db7;
  std::uint64_t left = kPlain << 1 ^ std::uint64_t{1} << 33, q = 1;   // after the first subtraction from x^64, its top 33 bits
  for (int i = 0; i < 31; ++i) {
    q <<= 1;
    if ((left >> 32 & 1) != 0) left ^= kPlain, q |= 1;
    left <<= 1;
  }
  q <<= 1;
  if ((left >> 32 & 1) != 0) q |= 1;
  std::uint64_t reflected = 0;
  for (int i = 0; i < 33; ++i) reflected |= (q >> i & 1) << (32 - i);
  return static_cast<std::int64_t>(reflected);
}
static_assert(quotient() == 0x1f7011641 && power(64) == 0x163cd6124, "as in Intel's paper on CRC by PCLMULQDQ (2009)");

// Shifts a vector up by 0 to 15 octets: sixteen octets from `16 - n` on are the shuffle.
constexpr auto kUp = [] {
  std::array<std::uint8_t, 32> order{};
  for (std::size_t i = 0; i < 32; ++i) order[i] = i < 16 ? 0x80 : static_cast<std::uint8_t>(i - 16);
  return order;
}();

// Of at least 16 octets, of which 4 to 16 stand over whole blocks: zeros in front of a message do not change its remainder, so what
// stands over goes first. Each step takes 128 bits further by what they leave when the next are appended.
[[gnu::target("pclmul,ssse3,sse4.1")]] std::uint32_t by_products(ByteView bytes) {
  const auto load = [](const std::uint8_t* at) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at)); };
  const std::size_t over = (bytes.size() - 1) % 16 + 1;
  __m128i x = _mm_xor_si128(load(bytes.data()), _mm_cvtsi32_si128(-1));
  x = _mm_shuffle_epi8(x, load(kUp.data() + over));
  const __m128i fold = _mm_set_epi64x(power(96), power(160));
  for (const std::uint8_t* at = bytes.data() + over; at != bytes.data() + bytes.size(); at += 16)
    x = _mm_xor_si128(_mm_xor_si128(_mm_clmulepi64_si128(x, fold, 0x00), _mm_clmulepi64_si128(x, fold, 0x11)), load(at));
  // 128 bits to 96, to 64, and by Barrett's reduction to 32.
  const __m128i low = _mm_cvtsi64_si128(0xffffffff);
  x = _mm_xor_si128(_mm_srli_si128(x, 8), _mm_clmulepi64_si128(x, fold, 0x10));
  x = _mm_xor_si128(_mm_srli_si128(x, 4), _mm_clmulepi64_si128(_mm_and_si128(x, low), _mm_cvtsi64_si128(power(64)), 0x00));
  const __m128i barrett = _mm_set_epi64x(quotient(), 0x1db710641);
  __m128i q = _mm_and_si128(_mm_clmulepi64_si128(_mm_and_si128(x, low), barrett, 0x10), low);
  x = _mm_xor_si128(x, _mm_clmulepi64_si128(q, barrett, 0x00));
  return ~static_cast<std::uint32_t>(_mm_extract_epi32(x, 1));
}

const bool products = __builtin_cpu_supports("pclmul") != 0 && __builtin_cpu_supports("sse4.1") != 0;

#endif

}  // namespace

std::uint32_t crc32(ByteView bytes) {
#if defined(__x86_64__)
  if (products && bytes.size() >= 16 && (bytes.size() - 1) % 16 >= 3) return by_products(bytes);
#endif
  return by_tables(bytes);
}

}  // namespace jeton::crypto
