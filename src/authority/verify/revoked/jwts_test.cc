#include "authority/verify/revoked/jwts.h"

#include <gtest/gtest.h>

namespace jeton::verify {
namespace {

Instant at(std::int64_t seconds) { return Instant::from_seconds(seconds); }

// Spread, so that what comes later stands between what came before.
Ulid jti(std::uint32_t n) {
  Ulid id;
  const auto spread = n * 2654435761u;
  for (std::size_t i = 0; i < 4; ++i) id.octets[i] = static_cast<std::uint8_t>(spread >> (24 - 8 * i));
  id.octets[15] = 1;
  return id;
}

std::unique_ptr<const RevokedJwts> many(std::uint32_t from, std::uint32_t to, Instant expires, Instant now,
                                        std::unique_ptr<const RevokedJwts> all = std::make_unique<const RevokedJwts>()) {
  for (std::uint32_t n = from; n < to; ++n) all = all->with({jti(n), expires}, now);
  return all;
}

TEST(RevokedJwts, AreFoundAndNothingElseIs) {
  const auto all = many(0, 3000, at(600), at(0));
  EXPECT_EQ(all->size(), 3000u);
  for (std::uint32_t n = 0; n < 3000; ++n) ASSERT_TRUE(all->has(jti(n))) << n;
  for (std::uint32_t n = 3000; n < 6000; ++n) ASSERT_FALSE(all->has(jti(n))) << n;
  EXPECT_FALSE(RevokedJwts().has(jti(1)));
  EXPECT_EQ(all->with({jti(7), at(600)}, at(0))->size(), 3000u) << "twice is once";
}

TEST(RevokedJwts, OneMoreCopiesFewOfThose) {
  auto all = many(0, 20'000, at(600), at(0));
  EXPECT_LE(all->runs(), 15u);
  std::size_t copied = 0;
  for (std::uint32_t n = 20'000; n < 24'000; ++n) {
    auto next = all->with({jti(n), at(600)}, at(0));
    if (!next->shares_with(*all)) copied += next->size();
    all = std::move(next);
  }
  EXPECT_LE(copied, 24'000u) << "all of them once at the most";
}

TEST(RevokedJwts, WhatExpiredADayAgoGoes) {
  const auto day = at(600 + 86400);
  auto all = many(0, 1000, at(600), at(0));
  all = many(1000, 4000, at(200'000), at(600 + 86399), std::move(all));
  EXPECT_EQ(all->size(), 4000u) << "the clock may be set back";
  all = many(4000, 12'000, at(200'000), day, std::move(all));
  EXPECT_EQ(all->size(), 11'000u);
  EXPECT_FALSE(all->has(jti(5)));
  for (std::uint32_t n = 1000; n < 12'000; ++n) ASSERT_TRUE(all->has(jti(n))) << n;
}

}  // namespace
}  // namespace jeton::verify
