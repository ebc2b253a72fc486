#include "ground/hurry.h"

#include <gtest/gtest.h>

namespace jeton {
namespace {

TEST(Hurry, WhoIsInNoneMayWait) {
  EXPECT_FALSE(Hurry::is_on());
  EXPECT_TRUE(Hurry::may_wait());
}

TEST(Hurry, WhatWouldWaitIsRefusedAndMakesItLate) {
  Hurry hurry;
  EXPECT_TRUE(Hurry::is_on());
  EXPECT_FALSE(hurry.is_late());
  EXPECT_TRUE(Hurry::may_wait().error().is(Fault::StoreUnavailable));
  EXPECT_TRUE(hurry.is_late());
}

TEST(Hurry, EndsWithItsScope) {
  { const Hurry hurry; }
  EXPECT_FALSE(Hurry::is_on());
}

TEST(Hurry, GivesOnePromiseToWhoTakesIt) {
  Hurry hurry;
  bool told = false;
  EXPECT_TRUE(Hurry::promise([](const Hurry::Kept& kept) { kept(true); }));
  EXPECT_FALSE(hurry.is_late());
  hurry.take_promise()([&](bool kept) { told = kept; });
  EXPECT_TRUE(told);
}

// The second may rest on the first, of which nobody knows yet.
TEST(Hurry, IsLateWithASecondPromise) {
  Hurry hurry;
  EXPECT_TRUE(Hurry::promise([](const Hurry::Kept&) {}));
  EXPECT_FALSE(Hurry::promise([](const Hurry::Kept&) {}));
  EXPECT_TRUE(hurry.is_late());
}

}  // namespace
}  // namespace jeton
