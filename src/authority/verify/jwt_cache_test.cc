#include "authority/verify/jwt_cache.h"

#include <gtest/gtest.h>

#include <thread>

namespace jeton::verify {
namespace {

std::string token(std::uint64_t n) {
  return std::string(100, 'x') + "." + std::to_string(n * 0x9e3779b97f4a7c15u + 1'000'000'000'000'000'000u);
}

SignedToken said(std::int64_t expires = INT64_MAX) {
  SignedToken s;
  s.expires = expires;
  return s;
}

TEST(JwtCache, FindsTheWholeTextAndNothingElse) {
  Epochs epochs;
  JwtCache cache(epochs, 1000);
  const ReadSection inside(epochs);
  const auto good = token(1);
  EXPECT_EQ(cache.find(good), nullptr);
  cache.insert(good, said(), 0);
  EXPECT_NE(cache.find(good), nullptr);
  // The place comes of the last characters alone: these have the same.
  std::string other = good;
  other[0] = 'y';
  EXPECT_EQ(cache.find(other), nullptr);
  EXPECT_EQ(cache.find(good.substr(1)), nullptr);
  EXPECT_EQ(cache.find("x" + good), nullptr);
  EXPECT_EQ(cache.find(""), nullptr);
}

TEST(JwtCache, ATokenComesInAtItsSecondSight) {
  Epochs epochs;
  JwtCache cache(epochs, 1000);
  EXPECT_FALSE(cache.admits(token(1)));
  EXPECT_TRUE(cache.admits(token(1)));
}

TEST(JwtCache, IsBoundedAndSaysHowWellItDoes) {
  Epochs epochs;
  JwtCache cache(epochs, 100);
  for (std::uint64_t n = 0; n < 10'000; ++n) cache.insert(token(n), said(), 0);
  EXPECT_LE(cache.figures().held, 100u);
  EXPECT_GT(cache.figures().held, 50u);
  std::uint64_t found = 0;
  for (std::uint64_t n = 0; n < 10'000; ++n) {
    const ReadSection inside(epochs);
    if (cache.find(token(n)) != nullptr) ++found;
  }
  EXPECT_EQ(found, cache.figures().held);
  EXPECT_EQ(cache.figures().hits, found);
  EXPECT_EQ(cache.figures().misses, 10'000 - found);
}

TEST(JwtCache, WhatHasExpiredGoesFirst) {
  Epochs epochs;
  JwtCache cache(epochs, 64);
  for (std::uint64_t n = 0; n < 1000; ++n) cache.insert(token(n), said(5), 10);
  const auto held = cache.figures().held;
  cache.insert(token(5000), said(), 10);
  for (std::uint64_t n = 0; n < 1000; ++n) cache.insert(token(n), said(5), 10);
  const ReadSection inside(epochs);
  EXPECT_NE(cache.find(token(5000)), nullptr);
  EXPECT_LE(cache.figures().held, held + 1);
}

TEST(JwtCache, ForgetsEverything) {
  Epochs epochs;
  JwtCache cache(epochs, 1000);
  for (std::uint64_t n = 0; n < 100; ++n) cache.insert(token(n), said(), 0);
  cache.clear();
  EXPECT_EQ(cache.figures().held, 0u);
  const ReadSection inside(epochs);
  for (std::uint64_t n = 0; n < 100; ++n) EXPECT_EQ(cache.find(token(n)), nullptr);
}

TEST(JwtCacheConcurrent, ReadersFindWhatIsInWhileOthersComeAndGo) {
  Epochs epochs;
  JwtCache cache(epochs, 200);
  std::atomic<bool> stop{false};
  std::atomic<int> wrong{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i)
    readers.emplace_back([&] {
      while (!stop)
        for (std::uint64_t n = 0; n < 300; ++n) {
          const ReadSection inside(epochs);
          const auto* found = cache.find(token(n));
          if (found != nullptr && found->expires != static_cast<std::int64_t>(n) + 1'000'000) ++wrong;
        }
    });
  for (std::uint64_t round = 0; round < 20'000; ++round) {
    const auto n = round % 300;
    cache.insert(token(n), said(static_cast<std::int64_t>(n) + 1'000'000), 0);
    if (round % 5000 == 4999) cache.clear();
  }
  stop = true;
  for (auto& r : readers) r.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace jeton::verify
