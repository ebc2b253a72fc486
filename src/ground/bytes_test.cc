#include "ground/bytes.h"

#include <gtest/gtest.h>

namespace jeton {
namespace {

TEST(Bytes, EqualComparesEveryOctet) {
  const Bytes a(37, 7);
  EXPECT_TRUE(equal_constant_time(a, Bytes(37, 7)));
  for (std::size_t i = 0; i < a.size(); ++i)
    for (const int bit : {0, 3, 7}) {
      Bytes b = a;
      b[i] = static_cast<std::uint8_t>(b[i] ^ 1 << bit);
      EXPECT_FALSE(equal_constant_time(a, b)) << i;
    }
}

// A comparison that pads with zeros would take "secret\0" for "secret".
TEST(Bytes, EqualComparesLengthsToo) {
  EXPECT_TRUE(equal_constant_time(as_bytes("secret"), as_bytes("secret")));
  EXPECT_FALSE(equal_constant_time(as_bytes("secret"), as_bytes(std::string_view("secret\0", 7))));
  EXPECT_FALSE(equal_constant_time(as_bytes("secret"), as_bytes("secre")));
  EXPECT_FALSE(equal_constant_time(as_bytes("secret"), {}));
  EXPECT_TRUE(equal_constant_time({}, {}));
}

TEST(Bytes, WipeZeroes) {
  Bytes bytes(9, 0xff);
  wipe(ByteSpan(bytes).first(8));
  EXPECT_EQ(bytes, (Bytes{0, 0, 0, 0, 0, 0, 0, 0, 0xff}));
  wipe({});
}

TEST(Bytes, Hex) {
  EXPECT_EQ(to_hex({}), "");
  EXPECT_EQ(to_hex(Bytes{0x00, 0x0f, 0xf0, 0xab}), "000ff0ab");
}

TEST(Bytes, HexIsReadInTheOneSpellingItIsWritten) {
  std::uint8_t out[4];
  ASSERT_TRUE(from_hex("000ff0ab", out));
  EXPECT_EQ(to_hex(out), "000ff0ab");
  EXPECT_TRUE(from_hex("", {}));
  for (const auto* wrong : {"000ff0a", "000ff0ab0", "000FF0AB", "000ff0ag", "+00ff0ab", " 00ff0ab", ""})
    EXPECT_FALSE(from_hex(wrong, out)) << wrong;
}

TEST(Bytes, TextAndOctetsAreTheSameMemory) {
  const std::string_view text("a\0\xff", 3);
  const auto octets = as_bytes(text);
  EXPECT_EQ(static_cast<const void*>(octets.data()), text.data());
  EXPECT_EQ(octets[2], 0xff);
  EXPECT_EQ(as_text(octets), text);
}

}  // namespace
}  // namespace jeton
