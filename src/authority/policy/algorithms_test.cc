#include "authority/policy/algorithms.h"

#include <gtest/gtest.h>

namespace jeton::policy {
namespace {

Instant on(std::string_view date) { return *parse_rfc3339(std::string(date) + "T00:00:00Z"); }

TEST(Algorithms, AKeyIsJudgedByItsSizeAndTheDate) {
  EXPECT_EQ(judge_algorithm("RSA", 1024, on("2026-11-25")).now, Verdict::Forbidden);
  const auto rsa = judge_algorithm("RSA", 2048, on("2026-11-25"));
  EXPECT_EQ(rsa.now, Verdict::Allowed);
  ASSERT_TRUE(rsa.then);
  EXPECT_EQ(*rsa.then, Verdict::Discouraged);
  EXPECT_EQ(rsa.from, "2031-01-01");
  EXPECT_EQ(judge_algorithm("RSA", 2048, on("2030-12-31")).now, Verdict::Allowed);
  EXPECT_EQ(judge_algorithm("RSA", 2048, on("2031-01-01")).now, Verdict::Discouraged);
  EXPECT_EQ(judge_algorithm("RSA", 3072, on("2031-01-01")).now, Verdict::Allowed);
  EXPECT_EQ(judge_algorithm("P-256", 256, on("2026-11-25")).now, Verdict::Allowed);
}

TEST(Algorithms, WhatTheTableDoesNotKnowIsForbidden) {
  EXPECT_EQ(judge_algorithm("ROT13", 26, on("2026-11-25")).now, Verdict::Forbidden);
  EXPECT_EQ(judge_algorithm("P-256", 255, on("2026-11-25")).now, Verdict::Forbidden);
  EXPECT_EQ(judge_algorithm("none", 0, on("2026-11-25")).now, Verdict::Forbidden);
}

TEST(Algorithms, EveryRowHasASourceAndADateThatIsOne) {
  for (const auto& rule : algorithm_rules()) {
    EXPECT_FALSE(rule.source.empty()) << rule.algorithm;
    EXPECT_TRUE(rule.since.empty() || parse_rfc3339(std::string(rule.since) + "T00:00:00Z")) << rule.algorithm;
  }
}

}  // namespace
}  // namespace jeton::policy
