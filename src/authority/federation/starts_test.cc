#include "authority/federation/starts.h"

#include <gtest/gtest.h>

namespace jeton::federation {
namespace {

const auto kNow = Instant::from_seconds(1'800'000'000);

TEST(Starts, AFloodFromOneNetworkWaitsAndOthersDoNot) {
  Starts starts;
  const auto flood = *net::Address::parse("203.0.113.7"), beside = *net::Address::parse("203.0.113.99"), elsewhere = *net::Address::parse("198.51.100.1");
  for (int i = 0; i < static_cast<int>(kStartsAtOnce); ++i) ASSERT_EQ(starts.begin(flood, kNow), Seconds(0)) << i;
  EXPECT_GT(starts.begin(flood, kNow), Seconds(0));
  EXPECT_GT(starts.begin(beside, kNow), Seconds(0)) << "of the same network";
  EXPECT_EQ(starts.begin(elsewhere, kNow), Seconds(0));
  EXPECT_EQ(starts.begin(flood, kNow + Seconds(1)), Seconds(0)) << "it leaks away";
}

TEST(Starts, OneWhoHasManyAddressesIsOneNetwork) {
  Starts starts;
  for (int i = 0; i < static_cast<int>(kStartsAtOnce); ++i)
    ASSERT_EQ(starts.begin(*net::Address::parse("2001:db8::" + std::to_string(1 + i % 9)), kNow), Seconds(0));
  EXPECT_GT(starts.begin(*net::Address::parse("2001:db8::ffff:1"), kNow), Seconds(0));
  EXPECT_EQ(starts.begin(*net::Address::parse("2001:db8:1::1"), kNow), Seconds(0));
}

}  // namespace
}  // namespace jeton::federation
