#include "blocks/crypto/selftest/selftest.h"

#include <gtest/gtest.h>

#include "blocks/crypto/selftest/known_answers.h"
#include "blocks/crypto/selftest/vectors.h"

namespace jeton::crypto::selftest {
namespace {

class EveryTested : public testing::TestWithParam<Tested> {};

TEST_P(EveryTested, AnswersAsPublished) {
  const auto outcome = run(GetParam());
  EXPECT_TRUE(outcome.passed);
  EXPECT_FALSE(outcome.source.empty());
  EXPECT_TRUE(in_service(GetParam()));
}

INSTANTIATE_TEST_SUITE_P(All, EveryTested, testing::ValuesIn(all_tested().begin(), all_tested().end()), [](const auto& i) {
  std::string text(name(i.param));
  std::erase_if(text, [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); });
  return text;
});

TEST(SelfTest, EverySignatureAlgorithmHasAVector) {
  for (const auto& a : sign_algs()) EXPECT_FALSE(source(tested(a.alg)).empty()) << a.name;
}

TEST(SelfTest, NamesAreFoundAgain) {
  for (const auto t : all_tested()) EXPECT_EQ(tested_named(name(t)), t);
  EXPECT_FALSE(tested_named("none"));
}

TEST(SelfTest, AnAlgorithmThatIsOutFailsItsTestUntilTheProcessEnds) {
  // Also of those, as a hash, that nothing else keeps from working.
  for (const auto what : all_tested()) {
    take_out_of_service(what);
    EXPECT_FALSE(run(what).passed) << name(what);
    put_in_service(what);
    EXPECT_TRUE(run(what).passed) << name(what);
  }
}

TEST(SelfTest, TheComparisonDoesNotLeaveEarly) { EXPECT_TRUE(compare_times().constant()); }

TEST(SelfTest, AllTakeLessThanTheStartMayTake) {
  std::chrono::microseconds sum{0};
  for (const auto& o : run_all()) {
    EXPECT_TRUE(o.passed) << name(o.what);
    sum += o.took;
  }
  RecordProperty("microseconds", static_cast<int>(sum.count()));
#ifdef NDEBUG
  EXPECT_LT(sum.count(), 150'000);
#endif
}

}  // namespace
}  // namespace jeton::crypto::selftest
