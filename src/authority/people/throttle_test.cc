#include "authority/people/throttle.h"

#include <gtest/gtest.h>

namespace jeton::people {
namespace {

const auto kNow = Instant::from_seconds(1'800'000'000);
constexpr int kBurst = 20;
constexpr Throttle::Pace kPace{kBurst, 2};

net::Address address(std::string_view text) { return *net::Address::parse(text); }

TEST(Throttle, AFloodFromOneNetworkWaitsAndOthersDoNot) {
  Throttle throttle;
  const auto flood = address("203.0.113.7"), beside = address("203.0.113.99"), elsewhere = address("198.51.100.1");
  for (int i = 0; i < kBurst; ++i) ASSERT_TRUE(throttle.take("login", flood, kPace, kNow)) << i;
  EXPECT_FALSE(throttle.take("login", flood, kPace, kNow));
  EXPECT_FALSE(throttle.take("login", beside, kPace, kNow)) << "of the same network";
  EXPECT_TRUE(throttle.take("login", elsewhere, kPace, kNow));
  EXPECT_TRUE(throttle.take("reset", flood, kPace, kNow)) << "something else is counted for itself";
  EXPECT_TRUE(throttle.take("login", flood, kPace, kNow + Seconds(1))) << "it leaks away";
}

TEST(Throttle, OneWhoHasManyAddressesIsOneNetwork) {
  Throttle throttle;
  for (int i = 0; i < kBurst; ++i) ASSERT_TRUE(throttle.take("login", address("2001:db8::" + std::to_string(1 + i % 9)), kPace, kNow));
  EXPECT_FALSE(throttle.take("login", address("2001:db8::ffff:1"), kPace, kNow));
  EXPECT_TRUE(throttle.take("login", address("2001:db8:1::1"), kPace, kNow));
}

}  // namespace
}  // namespace jeton::people
