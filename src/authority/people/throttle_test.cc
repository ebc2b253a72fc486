#include "authority/people/throttle.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

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

// Of tries that are under way at once no more are let through than one after another.
TEST(Throttle, ATryIsCountedBeforeItIsLookedAt) {
  for (const auto together : {1, 64}) {
    Throttle throttle;
    const auto thief = address("203.0.113.7");
    std::atomic<int> in = 0;
    std::vector<std::jthread> threads;
    for (int i = 0; i < together; ++i)
      threads.emplace_back([&] {
        for (int j = 0; j < 64 / together; ++j) in += throttle.enter("ada", thief, kNow);
      });
    threads.clear();
    EXPECT_EQ(in, 10) << together;
    EXPECT_GT(throttle.wait("ada", thief, kNow), Millis(0));
    EXPECT_TRUE(throttle.enter("ada", thief, kNow + Seconds(20))) << "it leaks away";
  }
}

TEST(Throttle, AGoodTryIsNotCounted) {
  Throttle throttle;
  const auto home = address("198.51.100.1");
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(throttle.enter("ada", home, kNow)) << i;
    throttle.passed("ada", home, kNow);
  }
  // Nor does it make up for bad ones.
  for (int i = 0; i < 9; ++i) ASSERT_TRUE(throttle.enter("ada", home, kNow));
  ASSERT_TRUE(throttle.enter("ada", home, kNow));
  throttle.passed("ada", home, kNow);
  ASSERT_TRUE(throttle.enter("ada", home, kNow));
  EXPECT_FALSE(throttle.enter("ada", home, kNow));
}

// Who has many networks has many tries at a password; at what only a person and a thief get to see, a hundred.
TEST(Throttle, AFloodFromEverywhereIsStoppedWhereItKeepsNoStrangerOut) {
  struct Seen {
    int failed = 0;
    bool newcomer = false, another_account = false;
    bool operator==(const Seen&) const = default;
  };
  const auto flooded = [](Throttle::Reach reach) {
    Throttle throttle;
    Seen seen;
    for (int i = 0; i < 110; ++i) seen.failed += throttle.enter("ada", address("203.0." + std::to_string(i / 10) + ".1"), kNow, reach);
    seen.newcomer = throttle.enter("ada", address("198.51.100.1"), kNow, reach);
    seen.another_account = throttle.enter("bob", address("198.51.100.1"), kNow, reach);
    return seen;
  };
  // Two accounts may share a counter; not each time.
  const auto sooner_or_later = [&](Throttle::Reach reach, const Seen& wanted) {
    for (int i = 0; i < 10; ++i)
      if (flooded(reach) == wanted) return true;
    return false;
  };
  EXPECT_TRUE(sooner_or_later(Throttle::Reach::Own, {.failed = 101, .newcomer = true, .another_account = true}));
  EXPECT_TRUE(sooner_or_later(Throttle::Reach::Everywhere, {.failed = 100, .newcomer = false, .another_account = true}));
}

TEST(Throttle, OneWhoHasManyAddressesIsOneNetwork) {
  Throttle throttle;
  for (int i = 0; i < kBurst; ++i) ASSERT_TRUE(throttle.take("login", address("2001:db8::" + std::to_string(1 + i % 9)), kPace, kNow));
  EXPECT_FALSE(throttle.take("login", address("2001:db8::ffff:1"), kPace, kNow));
  EXPECT_TRUE(throttle.take("login", address("2001:db8:1::1"), kPace, kNow));
}

}  // namespace
}  // namespace jeton::people
