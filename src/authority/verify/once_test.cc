#include "authority/verify/once.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace jeton::verify {
namespace {

crypto::Sha256Digest id(std::uint8_t n) {
  crypto::Sha256Digest d{};
  d[0] = n;
  return d;
}
Instant at(std::int64_t s) { return Instant::from_seconds(1'000'000 + s); }

TEST(Once, IsNewOnceForTheWholeWindow) {
  Once seen(Seconds(10));
  EXPECT_TRUE(seen.first(id(1), at(0), at(0)));
  for (const int later : {0, 5, 9, 10}) EXPECT_FALSE(seen.first(id(1), at(later), at(later))) << later;
  EXPECT_TRUE(seen.first(id(2), at(9), at(9)));
  EXPECT_FALSE(seen.first(id(2), at(19), at(19)));
  EXPECT_TRUE(seen.first(id(1), at(40), at(40)));
}

TEST(Once, WhatWasMadeBeforeItBeganIsNotNew) {
  Once seen(Seconds(10));
  seen.begin(at(5));
  EXPECT_FALSE(seen.first(id(1), at(4), at(6)));
  EXPECT_TRUE(seen.first(id(1), at(5), at(6)));
}

TEST(Once, RefusesWhatItCannotRemember) {
  Once seen(Seconds(10), 2);
  EXPECT_TRUE(seen.first(id(1), at(0), at(0)));
  EXPECT_TRUE(seen.first(id(2), at(0), at(0)));
  EXPECT_FALSE(seen.first(id(3), at(0), at(0)));
  EXPECT_TRUE(seen.first(id(3), at(20), at(20)));
}

TEST(Once, OfTwentyAtOnceOneIsFirst) {
  Once seen(Seconds(10));
  for (std::uint8_t round = 0; round < 50; ++round) {
    std::atomic<int> first = 0;
    {
      std::vector<std::jthread> threads;
      for (int i = 0; i < 20; ++i) threads.emplace_back([&] { first += seen.first(id(round), at(1), at(1)); });
    }
    EXPECT_EQ(first, 1);
  }
}

}  // namespace
}  // namespace jeton::verify
