#include "ground/base62.h"

#include <gtest/gtest.h>
#include <string>

namespace jeton::base62 {
namespace {

std::string six(std::uint32_t value) {
  std::string out(6, '?');
  write6(value, out.data());
  return out;
}

TEST(Base62, SixDigitsMostSignificantFirst) {
  EXPECT_EQ(six(0), "000000");
  EXPECT_EQ(six(9), "000009");
  EXPECT_EQ(six(10), "00000A");
  EXPECT_EQ(six(36), "00000a");
  EXPECT_EQ(six(61), "00000z");
  EXPECT_EQ(six(62), "000010");
  EXPECT_EQ(six(UINT32_MAX), "4gfFC3");
}

TEST(Base62, ReadsBackWhatItWrote) {
  for (const std::uint32_t value : {0u, 1u, 61u, 62u, 3843u, 3844u, 0x7fffffffu, 0x80000000u, 0xfffffffeu, 0xffffffffu})
    EXPECT_EQ(read6(six(value)), value);
}

TEST(Base62, RefusesMoreThan32Bits) {
  EXPECT_EQ(read6("4gfFC3"), UINT32_MAX);
  for (const auto* text : {"4gfFC4", "4gfFD0", "500000", "zzzzzz"}) EXPECT_FALSE(read6(text)) << text;
}

TEST(Base62, RefusesOtherLengthsAndCharacters) {
  for (const auto* text : {"", "00000", "0000000", "00000-", "_00000", " 00000", "00000\n",
                           "\xc3\xa9"
                           "0000"})
    EXPECT_FALSE(read6(text)) << text;
  EXPECT_FALSE(
      read6(std::string_view("00\0"
                             "000",
                             6)));
}

TEST(Base62, KnowsItsDigits) {
  int digits = 0;
  for (int c = 0; c < 256; ++c) digits += is_digit(static_cast<char>(c)) ? 1 : 0;
  EXPECT_EQ(digits, 62);
  EXPECT_TRUE(all_digits("09AZaz"));
  EXPECT_TRUE(all_digits(""));
  EXPECT_FALSE(all_digits("09AZ_az"));
}

}  // namespace
}  // namespace jeton::base62
