#include "authority/people/turns.h"

#include <gtest/gtest.h>

#include <thread>

namespace jeton::people {
namespace {

TEST(Turns, WhoComesWhenTooManyWaitIsToldAtOnce) {
  Turns turns({.at_once = 2, .waiting = 0});
  auto one = turns.take(), two = turns.take();
  ASSERT_TRUE(one && two);
  EXPECT_FALSE(turns.take());
  one.reset();
  EXPECT_TRUE(turns.take()) << "its twin: a turn is over";
}

TEST(Turns, WhoWaitsIsServedWhenATurnIsOver) {
  Turns turns({.at_once = 1, .waiting = 1});
  auto one = turns.take();
  std::optional<bool> served;
  std::jthread waits([&] { served = turns.take().has_value(); });
  one.reset();
  waits.join();
  EXPECT_EQ(served, true);
  EXPECT_TRUE(turns.take());
}

TEST(Turns, AMovedTurnIsOverOnce) {
  Turns turns({.at_once = 1, .waiting = 0});
  {
    auto one = turns.take();
    const Turns::Turn moved(*std::move(one));
    one.reset();
    EXPECT_FALSE(turns.take());
  }
  EXPECT_TRUE(turns.take());
}

}  // namespace
}  // namespace jeton::people
