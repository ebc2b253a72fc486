#include "blocks/crypto/hash.h"

#include <gtest/gtest.h>

#include "blocks/crypto/mac.h"

namespace jeton::crypto {
namespace {

Bytes octets(std::size_t size, std::size_t seed) {
  Bytes out(size);
  for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<std::uint8_t>(i * 13 + seed);
  return out;
}

// A message of one block takes a way of its own: both ways are the same function, on both sides of the block's end.
TEST(HmacSha256, IsHmacAtEveryLength) {
  for (const std::size_t key_size : {1, 32, 63, 64, 65, 131}) {
    const Secret key(octets(key_size, 7));
    const HmacSha256 fast(key);
    const Hmac plain(HashAlg::Sha256, key);
    for (std::size_t size = 0; size < 200; ++size) {
      const auto message = octets(size, size);
      Sha256Digest expected;
      plain(message, expected);
      EXPECT_EQ(fast(message), expected) << size << " octets under a key of " << key_size;
    }
  }
}

TEST(Crc32, IsThatOfZlib) {
  EXPECT_EQ(crc32(as_bytes("")), 0u);
  EXPECT_EQ(crc32(as_bytes("123456789")), 0xcbf43926u);   // the check value of CRC-32/ISO-HDLC
  EXPECT_EQ(crc32(as_bytes("The quick brown fox jumps over the lazy dog")), 0x414fa339u);
}

// By the definition, a bit at a time: lengths take ways of their own.
TEST(Crc32, IsTheSameAtEveryLengthAndPlace) {
  const auto bytes = octets(220, 3);
  for (std::size_t from = 0; from < 16; ++from) {
    for (std::size_t size = 0; size < 200; ++size) {
      const ByteView message = ByteView(bytes).subspan(from, size);
      std::uint32_t r = ~0u;
      for (const auto octet : message) {
        r ^= octet;
        for (int bit = 0; bit < 8; ++bit) r = r >> 1 ^ ((r & 1) != 0 ? 0xedb88320u : 0);
      }
      ASSERT_EQ(crc32(message), ~r) << size << " octets from " << from;
    }
  }
}

}  // namespace
}  // namespace jeton::crypto
