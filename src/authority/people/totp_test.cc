#include "authority/people/totp.h"

#include <gtest/gtest.h>

namespace jeton::people::totp {
namespace {

const auto kSecret = as_bytes("12345678901234567890");

// RFC 6238 Appendix B, the last six of its eight digits.
TEST(Totp, FitsTheRfc) {
  EXPECT_EQ(code(kSecret, 59 / 30), "287082");
  EXPECT_EQ(code(kSecret, 1111111109 / 30), "081804");
  EXPECT_EQ(code(kSecret, 1111111111 / 30), "050471");
  EXPECT_EQ(code(kSecret, 1234567890 / 30), "005924");
  EXPECT_EQ(code(kSecret, 2000000000 / 30), "279037");
  EXPECT_EQ(code(kSecret, 20000000000 / 30), "353130");
}

TEST(Totp, IsGoodOneStepOffAndOnce) {
  const auto at = [](std::int64_t s) { return Instant::from_seconds(s); };
  const auto step = 1111111111 / 30;
  EXPECT_EQ(match(kSecret, "050471", 0, at(1111111111)), step);
  EXPECT_EQ(match(kSecret, "050471", 0, at(1111111111 + 30)), step);
  EXPECT_EQ(match(kSecret, "050471", 0, at(1111111111 - 30)), step);
  EXPECT_EQ(match(kSecret, "050471", 0, at(1111111111 + 60)), std::nullopt);
  EXPECT_EQ(match(kSecret, "050471", step, at(1111111111)), std::nullopt);
  for (const auto* wrong : {"", "050472", "50471", "0504710", "050471\n", "abcdef"})
    EXPECT_EQ(match(kSecret, wrong, 0, at(1111111111)), std::nullopt);
}

TEST(Totp, SpellsSecretsInBase32) {
  EXPECT_EQ(base32(kSecret), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
  const auto back = from_base32("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ").value();
  EXPECT_TRUE(std::equal(back.begin(), back.end(), kSecret.begin(), kSecret.end()));
  EXPECT_FALSE(from_base32("gezd"));
  EXPECT_EQ(uri("Jeton", "ada@example.com", "GEZD"),
            "otpauth://totp/Jeton:ada%40example.com?secret=GEZD&issuer=Jeton&algorithm=SHA1&digits=6&period=30");
}

}  // namespace
}  // namespace jeton::people::totp
