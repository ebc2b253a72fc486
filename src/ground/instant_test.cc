#include "ground/instant.h"

#include <gtest/gtest.h>

namespace jeton {
namespace {

TEST(Instant, SecondsRoundDown) {
  EXPECT_EQ(Instant::from_millis(1999).seconds(), 1);
  EXPECT_EQ(Instant::from_millis(0).seconds(), 0);
  EXPECT_EQ(Instant::from_millis(-1).seconds(), -1);
  EXPECT_EQ(Instant::from_millis(-1000).seconds(), -1);
  EXPECT_EQ(Instant::from_millis(-1001).seconds(), -2);
  EXPECT_EQ(Instant::from_millis(INT64_MIN).seconds(), INT64_MIN / 1000 - 1);
}

TEST(Instant, Arithmetic) {
  const auto t = Instant::from_seconds(10);
  EXPECT_EQ((t + Seconds(5)).millis(), 15000);
  EXPECT_EQ((t - Millis(1)).millis(), 9999);
  EXPECT_EQ(t + Seconds(5) - t, Seconds(5));
  EXPECT_LT(t, t + Millis(1));
}

TEST(Rfc3339, WritesWholeSecondsInUtc) {
  EXPECT_EQ(to_rfc3339(Instant()), "1970-01-01T00:00:00Z");
  EXPECT_EQ(to_rfc3339(Instant::from_millis(1795514400999)), "2026-11-24T10:00:00Z");
  EXPECT_EQ(to_rfc3339(Instant::from_millis(-1)), "1969-12-31T23:59:59Z");
  EXPECT_EQ(to_rfc3339(Instant::from_seconds(951782399)), "2000-02-28T23:59:59Z");
  EXPECT_EQ(to_rfc3339(Instant::from_seconds(951782400)), "2000-02-29T00:00:00Z");
}

TEST(Rfc3339, Reads) {
  const std::pair<std::string_view, std::int64_t> good[] = {
      {"1970-01-01T00:00:00Z", 0},
      {"2026-11-24T10:00:00Z", 1795514400000},
      {"2026-11-24t10:00:00z", 1795514400000},
      {"2026-11-24T10:00:00.5Z", 1795514400500},
      {"2026-11-24T10:00:00.123456789Z", 1795514400123},
      {"2026-11-24T11:30:00+01:30", 1795514400000},
      {"2026-11-24T05:00:00-05:00", 1795514400000},
      {"2026-11-24T10:00:00-00:00", 1795514400000},
      {"2024-02-29T00:00:00Z", 1709164800000},
      {"1969-12-31T23:59:59.999Z", -1},
      {"1990-12-31T23:59:60Z", 662688000000},  // a leap second is the next one
  };
  for (const auto& [text, ms] : good) {
    const auto t = parse_rfc3339(text);
    ASSERT_TRUE(t) << text;
    EXPECT_EQ(t->millis(), ms) << text;
  }
}

TEST(Rfc3339, Refuses) {
  ASSERT_TRUE(parse_rfc3339("2026-11-24T10:00:00Z"));
  for (const auto* text : {"",
                           "2026-11-24",
                           "2026-11-24T10:00:00",
                           "2026-11-24 10:00:00Z",
                           "2026-11-24T10:00Z",
                           "2026-11-24T10:00:00ZZ",
                           "2026-11-24T10:00:00Z ",
                           " 2026-11-24T10:00:00Z",
                           "2026-13-01T00:00:00Z",
                           "2026-00-01T00:00:00Z",
                           "2026-02-29T00:00:00Z",
                           "2026-04-31T00:00:00Z",
                           "2026-11-00T10:00:00Z",
                           "2026-11-24T24:00:00Z",
                           "2026-11-24T10:60:00Z",
                           "2026-11-24T10:00:61Z",
                           "2026-11-24T10:00:00.Z",
                           "2026-11-24T10:00:00.1234567890Z",
                           "2026-11-24T10:00:00,5Z",
                           "2026-11-24T10:00:00+0100",
                           "2026-11-24T10:00:00+24:00",
                           "2026-11-24T10:00:00+01:60",
                           "2026-11-24T10:00:00+",
                           "+026-11-24T10:00:00Z",
                           "-026-11-24T10:00:00Z",
                           "12026-11-24T10:00:00Z",
                           "2026-11-24T1:00:00Z",
                           "1795514400"})
    EXPECT_FALSE(parse_rfc3339(text)) << text;
}

TEST(Rfc3339, GoesThereAndBack) {
  for (std::int64_t s = -2'000'000'000; s < 8'000'000'000; s += 86'399'137)
    EXPECT_EQ(parse_rfc3339(to_rfc3339(Instant::from_seconds(s))), Instant::from_seconds(s)) << s;
}

TEST(Duration, Reads) {
  const std::pair<std::string_view, std::int64_t> good[] = {{"45s", 45},     {"90m", 5400},       {"12h", 43200}, {"30d", 2592000},
                                                            {"1h30m", 5400}, {"1d1h1m1s", 90061}, {"0s", 0},      {"36600d", 3162240000}};
  for (const auto& [text, seconds] : good) {
    const auto d = parse_duration(text);
    ASSERT_TRUE(d) << text;
    EXPECT_EQ(d->count(), seconds) << text;
  }
}

TEST(Duration, Refuses) {
  ASSERT_TRUE(parse_duration("36600d"));
  for (const auto* text : {"",
                           "30",
                           "d",
                           "30 d",
                           " 30d",
                           "30d ",
                           "-1d",
                           "+1d",
                           "1.5h",
                           "1w",
                           "1y",
                           "1ms",
                           "1D",
                           "1m1h",
                           "1h1h",
                           "1s1d",
                           "36601d",
                           "36600d1s",
                           "9223372036854775807s",
                           "9223372036854775808s",
                           "99999999999999999999d",
                           "1h30",
                           "0x10s",
                           "1e3s"})
    EXPECT_FALSE(parse_duration(text)) << text;
}

TEST(Duration, ShortestSpelling) {
  for (const auto* text : {"0s", "1s", "59s", "1m", "1h30m", "30d", "1d1h1m1s"}) EXPECT_EQ(to_text(*parse_duration(text)), text);
  EXPECT_EQ(to_text(Seconds(90)), "1m30s");
  EXPECT_EQ(to_text(Seconds(86400 * 365)), "365d");
  EXPECT_EQ(to_text(Seconds(-5)), "0s");
}

}  // namespace
}  // namespace jeton
