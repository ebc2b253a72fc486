#include "ground/result.h"

#include <gtest/gtest.h>
#include <memory>
#include <set>
#include <type_traits>

namespace jeton {
namespace {

Result<int> half(int n) {
  if (n % 2 != 0) return refuse(Refusal::Invalid, "expected an even number");
  return n / 2;
}

Result<int> quarter(int n) {
  TRY(const auto h, half(n));
  TRY(const auto q, half(h));
  return q;
}

Status stays_up(int n) {
  if (n < 0) return fault(Fault::Io);
  TRY_VOID(quarter(n));
  return {};
}

Result<std::unique_ptr<int>> owned(int n) {
  if (n == 0) return refuse(Refusal::NotFound);
  return std::make_unique<int>(n);
}

Result<int> unwrapped(int n) {
  TRY(auto p, owned(n));
  return *p;
}

// It owns no text: there is nowhere to keep a copy of an input.
static_assert(std::is_trivially_copyable_v<Failure>);

TEST(Result, TryGoesOnWithTheValue) {
  EXPECT_EQ(quarter(12), 3);
  EXPECT_TRUE(stays_up(4));
  EXPECT_EQ(unwrapped(7), 7);
}

TEST(Result, TryReturnsTheFailure) {
  EXPECT_TRUE(quarter(6).error().is(Refusal::Invalid));
  EXPECT_EQ(quarter(6).error().detail(), "expected an even number");
  EXPECT_TRUE(stays_up(-1).error().is(Fault::Io));
  EXPECT_TRUE(stays_up(6).error().is(Refusal::Invalid));
  EXPECT_TRUE(unwrapped(0).error().is(Refusal::NotFound));
}

TEST(Failure, ARefusalIsNoFaultOfTheSameNumber) {
  const Failure refusal(Refusal::Malformed), ours(Fault::StoreUnavailable);
  EXPECT_FALSE(refusal.is_fault());
  EXPECT_TRUE(ours.is_fault());
  EXPECT_TRUE(refusal.is(Refusal::Malformed));
  EXPECT_FALSE(refusal.is(Fault::StoreUnavailable));
  EXPECT_FALSE(ours.is(Refusal::Malformed));
}

TEST(Failure, EveryCodeHasItsOwnName) {
  std::set<std::string_view> names;
  for (int i = 0; i <= static_cast<int>(Refusal::RateLimited); ++i) {
    const auto text = Failure(static_cast<Refusal>(i)).name();
    EXPECT_NE(text, "refused") << i;
    EXPECT_TRUE(names.insert(text).second) << text;
  }
  for (int i = 0; i <= static_cast<int>(Fault::Config); ++i) {
    const auto text = Failure(static_cast<Fault>(i)).name();
    EXPECT_NE(text, "fault") << i;
    EXPECT_TRUE(names.insert(text).second) << text;
  }
}

}  // namespace
}  // namespace jeton
