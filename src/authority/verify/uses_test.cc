#include "authority/verify/uses.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace jeton::verify {
namespace {

TokenId token(std::uint8_t n) {
  Ulid u;
  u.octets[15] = n;
  return TokenId(u);
}

const auto kNow = Instant::from_seconds(1'800'000'000);

TEST(Uses, WhatIsRefusedIsSeenAndIsNoUse) {
  Uses uses;
  uses.note_seen({token(1), kNow, {}, 0, Reason::Allowed});
  const Decision refused(Reason::Unknown);
  Asked asked;
  asked.agent = 7;
  uses.note_decision(refused, asked, kNow);
  const auto seen = uses.take_seen();
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_EQ(seen[1].reason, Reason::Unknown);
  EXPECT_EQ(seen[1].agent, 7u);
  EXPECT_TRUE(seen[1].token.none());
  EXPECT_TRUE(uses.take_uses().empty());
}

TEST(Uses, ManyUsesOfOneTokenAreOneTheLast) {
  Uses uses;
  for (int i = 0; i < 1000; ++i) uses.note_use(token(1), kNow + Millis(i), {});
  const auto taken = uses.take_uses();
  ASSERT_EQ(taken.size(), 1u);
  EXPECT_EQ(taken[0].at, kNow + Millis(999));
}

// What was noted is taken once, or was counted as dropped: beside a taker, and by more threads than have a lane of their own.
TEST(UsesConcurrent, NothingIsLostBetweenThoseWhoNoteAndWhoTakes) {
  for (const unsigned threads : {3u, 90u}) {
    const std::size_t each = 30'000 / threads;
    Uses uses;
    std::atomic<unsigned> running{threads};
    std::vector<std::thread> writers;
    for (unsigned t = 0; t < threads; ++t)
      writers.emplace_back([&] {
        for (std::size_t i = 0; i < each; ++i) uses.note_event({EventKind::FirstUse, token(1), kNow, {}, {}, {}, 0});
        --running;
      });
    std::size_t taken = 0;
    while (running != 0) taken += uses.take_events().size();
    for (auto& w : writers) w.join();
    taken += uses.take_events().size();
    EXPECT_EQ(taken + uses.dropped(), each * threads);
    EXPECT_GT(taken, 0u);
  }
}

}  // namespace
}  // namespace jeton::verify
