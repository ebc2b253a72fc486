// Limits are counted exactly, at every level, by any number of threads, and over a restart.
#include "authority/limits/limiter.h"

#include <gtest/gtest.h>

#include <thread>

#include "authority/limits/spent.h"

namespace jeton::limits {
namespace {

// Noon of a day in the middle of a month.
constexpr Instant kNow = Instant::from_seconds(1'800'014'400);

Ulid ulid(std::uint8_t n) {
  Ulid u;
  u.octets[0] = n, u.octets[15] = static_cast<std::uint8_t>(n * 37), u.octets[8] = 1;
  return u;
}

struct Limiting : ::testing::Test {
  verify::Epochs epochs;
  Limiter limiter{epochs};
  Ulid token = ulid(1), other = ulid(2), principal = ulid(3), client = ulid(4), api = ulid(5);

  std::optional<Refused> call(const Ulid& of, Instant now = kNow, const net::Address& from = {}) {
    const verify::ReadSection inside(epochs);
    return limiter.charge({&of, &principal, &client, &api, from}, now);
  }
  int let_in(const Ulid& of, int calls, Instant now = kNow, const net::Address& from = {}) {
    int in = 0;
    for (int i = 0; i < calls; ++i) in += !call(of, now, from);
    return in;
  }
};

TEST(LimitText, IsReadAndWrittenInOneSpelling) {
  for (const std::string_view text : {"100/1m", "100/1m burst 20", "1000/day", "20000/month", "5/1h30m, 10/day, 20/month", "1 credits",
                                      "60/1m, 1000000000000000 credits"}) {
    const auto limit = Limit::parse(text);
    ASSERT_TRUE(limit) << text;
    EXPECT_EQ(limit->text(), text);
  }
  EXPECT_EQ(Limit::parse("60/60s")->text(), "60/1m");
  EXPECT_TRUE(Limit::parse("")->empty());
  for (const std::string_view text : {"100",
                                      "/1m",
                                      "0/1m",
                                      "-1/1m",
                                      "01/1m",
                                      "100/",
                                      "100/0s",
                                      "100/1x",
                                      "100/1m burst",
                                      "100/1m burst 0",
                                      "100/1m burst 101",
                                      "100/Day",
                                      "1/day, 2/day",
                                      "1/1s, 2/1s",
                                      "100/1m burst 20 burst 30",
                                      "1/32d",
                                      "2000000/1s",
                                      "99999999999/day",
                                      "1/1m ",
                                      " 1/1m",
                                      "1.5/1s",
                                      "0 credits",
                                      "01 credits",
                                      "credits",
                                      " credits",
                                      "5 Credits",
                                      "5  credits",
                                      "1000000000000001 credits",
                                      "1 credits, 2 credits",
                                      "-1 credits"})
    EXPECT_FALSE(Limit::parse(text)) << text;
}

TEST_F(Limiting, NoLimitCountsNothing) {
  EXPECT_FALSE(limiter.any());
  EXPECT_EQ(let_in(token, 1000), 1000);
}

TEST_F(Limiting, ABurstPassesAndThenTheRateHolds) {
  limiter.set(Level::Token, token, "60/1m burst 5");
  EXPECT_TRUE(limiter.any());
  EXPECT_EQ(let_in(token, 20), 5);
  const auto refused = call(token);
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->level, Level::Token);
  EXPECT_EQ(refused->quota, 60u);
  EXPECT_EQ(refused->window, 60u);
  EXPECT_EQ(refused->wait, 1u);
  EXPECT_EQ(let_in(other, 20), 20);                                  // its neighbour feels nothing
  EXPECT_EQ(let_in(token, 20, kNow + Millis(999)), 0);
  EXPECT_EQ(let_in(token, 20, kNow + Millis(1000)), 1);              // one a second comes back
  EXPECT_EQ(let_in(token, 20, kNow + Seconds(60)), 5);
  limiter.set(Level::Token, token, "");
  EXPECT_EQ(let_in(token, 20, kNow + Seconds(60)), 20);
}

TEST_F(Limiting, EveryLevelHolds) {
  const std::pair<Level, const Ulid*> levels[] = {{Level::Principal, &principal}, {Level::Client, &client}, {Level::Api, &api}};
  for (const auto& [level, id] : levels) {
    limiter.set(level, *id, "10/1h");
    EXPECT_EQ(let_in(token, 6) + let_in(other, 6), 10) << name(level);   // shared by all that hang on it
    EXPECT_EQ(call(other)->level, level);
    limiter.set(level, *id, "");
  }
  limiter.set_default(Level::Address, "10/1h");
  const auto here = net::Address::v4({192, 0, 2, 1}), there = net::Address::v4({192, 0, 2, 2});
  EXPECT_EQ(let_in(token, 12, kNow, here), 10);
  EXPECT_EQ(call(token, kNow, here)->level, Level::Address);
  EXPECT_EQ(let_in(token, 12, kNow, there), 10);
  EXPECT_EQ(let_in(token, 12), 12);                                  // no address is known
  const auto a = *net::Address::parse("2001:db8:1:2::1"), b = *net::Address::parse("2001:db8:1:2:ffff::1"),
             c = *net::Address::parse("2001:db8:1:3::1");
  EXPECT_EQ(let_in(token, 6, kNow, a) + let_in(token, 6, kNow, b), 10);   // a /64 is one caller
  EXPECT_EQ(let_in(token, 6, kNow, c), 6);
}

TEST_F(Limiting, OneIdAtTwoLevelsIsTwo) {
  limiter.set(Level::Client, client, "2/1h, 9/day");
  limiter.set(Level::Principal, other, "5/1h");
  limiter.set(Level::Principal, client, "");            // a service account of the client's own, without limits
  EXPECT_EQ(let_in(token, 5), 2);
  limiter.set(Level::Principal, client, "1/1h");
  EXPECT_EQ(let_in(token, 5, kNow + Seconds(7200)), 2);
  Limiter again(epochs);
  again.restore(limiter.take_quotas());
  again.set(Level::Client, client, "5/day");
  const verify::ReadSection inside(epochs);
  int in = 0;
  for (int i = 0; i < 10; ++i) in += !again.charge({.client = &client}, kNow);
  EXPECT_EQ(in, 1);
}

TEST_F(Limiting, WhoGoesOverItsOwnSpendsNothingOfWhatIsShared) {
  limiter.set(Level::Token, token, "5/1h");
  limiter.set(Level::Principal, principal, "10/1h");
  EXPECT_EQ(let_in(token, 1000), 5);
  EXPECT_EQ(let_in(other, 1000), 5);
}

TEST_F(Limiting, GuessesAreCountedApart) {
  limiter.set_default(Level::Address, "10/1h");
  const auto here = net::Address::v4({192, 0, 2, 1});
  int in = 0;
  for (int i = 0; i < 1000; ++i) in += !limiter.charge_guess(here, kNow);
  EXPECT_EQ(in, 10);
  EXPECT_EQ(let_in(token, 12, kNow, here), 10);
}

TEST_F(Limiting, TheInstallationsLimitHoldsForTokensWithoutARateOfTheirOwn) {
  limiter.set_default(Level::Token, "3/1h");
  limiter.set(Level::Token, other, "7/1h");
  EXPECT_EQ(let_in(token, 10), 3);
  EXPECT_EQ(let_in(other, 10), 7);
  EXPECT_EQ(let_in(ulid(9), 10), 3);
  limiter.set_default(Level::Token, "");
  EXPECT_EQ(let_in(token, 10), 10);
}

TEST_F(Limiting, QuotasBeginAnewWithTheDayAndTheMonth) {
  limiter.set(Level::Token, token, "5/day, 7/month");
  EXPECT_EQ(let_in(token, 10), 5);
  auto refused = call(token);
  EXPECT_EQ(refused->kind, Kind::Day);
  EXPECT_EQ(kNow.seconds() % 86400 + refused->wait, 86400);
  EXPECT_EQ(let_in(token, 10, kNow + Seconds(86400)), 2);
  refused = call(token, kNow + Seconds(86400));
  EXPECT_EQ(refused->kind, Kind::Month);
  const auto next = kNow + Seconds(86400) + Seconds(refused->wait);
  EXPECT_EQ(to_rfc3339(next).substr(8), "01T00:00:00Z");
  EXPECT_EQ(let_in(token, 10, next), 5);
  EXPECT_EQ(let_in(token, 10, kNow), 0);                              // a clock set back earns nothing
}

TEST_F(Limiting, QuotasOutliveTheProcess) {
  limiter.set(Level::Token, token, "5/day");
  EXPECT_EQ(let_in(token, 3), 3);
  const auto kept = limiter.take_quotas();
  ASSERT_EQ(kept.size(), 1u);
  EXPECT_TRUE(limiter.take_quotas().empty());                         // told once
  Limiter again(epochs);
  again.restore(kept);
  again.set(Level::Token, token, "5/day");
  const verify::ReadSection inside(epochs);
  int in = 0;
  for (int i = 0; i < 10; ++i) in += !again.charge({.token = &token}, kNow);
  EXPECT_EQ(in, 2);
}

TEST_F(Limiting, CreditsAreSpentAndNotEarnedBack) {
  limiter.set(Level::Token, token, "5 credits");
  EXPECT_EQ(let_in(token, 20), 5);
  const auto refused = call(token);
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->kind, Kind::Credits);
  EXPECT_EQ(refused->quota, 5u);
  EXPECT_EQ(refused->window, 0u);
  EXPECT_EQ(let_in(token, 20, kNow + Seconds(400 * 86400)), 0);
  EXPECT_EQ(limiter.credits_spent(Level::Token, token), 5u);
  EXPECT_EQ(let_in(other, 20), 20);
  limiter.set(Level::Token, token, "8 credits");                      // three more
  EXPECT_EQ(let_in(token, 20), 3);
  limiter.set(Level::Token, token, "");
  EXPECT_EQ(let_in(token, 20), 20);
  EXPECT_EQ(limiter.credits_spent(Level::Token, token), 8u);
}

TEST_F(Limiting, ACallThatIsRefusedCostsNoCredit) {
  limiter.set(Level::Token, token, "100 credits");
  limiter.set(Level::Principal, principal, "100 credits");
  limiter.set(Level::Client, client, "3/1h");
  limiter.set(Level::Api, api, "2 credits");
  limiter.set_default(Level::Address, "1/1h");
  EXPECT_EQ(let_in(token, 10, kNow, net::Address::v4({192, 0, 2, 1})), 1);
  limiter.set(Level::Client, client, "");                             // what it refused and what it let on to others was its to spend
  EXPECT_EQ(let_in(token, 10), 1);                                    // the API's last credit
  EXPECT_EQ(call(token, kNow + Seconds(7200))->level, Level::Api);
  for (const auto& [level, id] : {std::pair(Level::Token, &token), std::pair(Level::Principal, &principal), std::pair(Level::Api, &api)})
    EXPECT_EQ(limiter.credits_spent(level, *id), 2u) << name(level);
}

TEST_F(Limiting, CreditsOutliveTheProcess) {
  limiter.set(Level::Token, token, "5 credits");
  EXPECT_EQ(let_in(token, 3), 3);
  const auto kept = limiter.take_quotas();
  ASSERT_EQ(kept.size(), 1u);
  EXPECT_EQ(kept[0].credits, 3u);
  EXPECT_TRUE(limiter.take_quotas().empty());                         // told once
  Limiter again(epochs);
  again.restore(kept);
  again.set(Level::Token, token, "5 credits");
  const verify::ReadSection inside(epochs);
  int in = 0;
  for (int i = 0; i < 10; ++i) in += !again.charge({.token = &token}, kNow);
  EXPECT_EQ(in, 2);
}

TEST_F(Limiting, ManyThreadsTogetherSpendExactlyTheCredits) {
  limiter.set(Level::Token, token, "1000 credits");
  limiter.set(Level::Principal, principal, "700 credits");
  std::atomic<int> in{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) threads.emplace_back([&] { in += let_in(token, 1000); });
  for (auto& t : threads) t.join();
  EXPECT_LE(in.load(), 700);
  EXPECT_EQ(in.load() + let_in(token, 1000), 700);                    // who was refused for a moment's sake finds what was given back
  EXPECT_EQ(limiter.credits_spent(Level::Token, token), 700u);
}

TEST_F(Limiting, AThrottledTokenMakesFewCallsUntilItIsOver) {
  limiter.throttle(token, kNow + Seconds(900));
  EXPECT_EQ(let_in(token, 100), 2);
  EXPECT_EQ(let_in(other, 100), 100);
  EXPECT_EQ(let_in(token, 100, kNow + Seconds(900)), 100);
  limiter.throttle(token, kNow + Seconds(9000));
  EXPECT_LT(let_in(token, 100, kNow + Seconds(901)), 10);
  limiter.unthrottle(token);
  EXPECT_EQ(let_in(token, 100, kNow + Seconds(901)), 100);
}

TEST_F(Limiting, AClockSetBackDoesNotLockAnybodyOut) {
  limiter.set(Level::Token, token, "60/1m burst 5");
  EXPECT_EQ(let_in(token, 20, kNow + Seconds(86400)), 5);
  EXPECT_EQ(let_in(token, 20, kNow), 0);
  EXPECT_EQ(let_in(token, 20, kNow + Seconds(10)), 5);
}

TEST_F(Limiting, ManyThreadsTogetherGetExactlyTheLimit) {
  limiter.set(Level::Token, token, "1000/1h, 700/day");
  std::atomic<int> in{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) threads.emplace_back([&] { in += let_in(token, 1000); });
  for (auto& t : threads) t.join();
  EXPECT_EQ(in.load(), 700);
}

TEST_F(Limiting, AFloodOfAddressesStaysInItsTable) {
  limiter.set_default(Level::Address, "10/1h");
  for (std::uint32_t i = 0; i < 300'000; ++i)
    EXPECT_FALSE(
        call(token, kNow,
             net::Address::v4({10, static_cast<std::uint8_t>(i >> 16), static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i)})));
}

}  // namespace
}  // namespace jeton::limits
