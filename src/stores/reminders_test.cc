// Expiry reminders over any store: when, of which tokens, and once.
#include "authority/notify/reminders.h"

#include <gtest/gtest.h>

#include "blocks/crypto/random.h"
#include "stores/ledger_suite.h"

namespace jeton::stores::suite {
namespace {

using namespace ledger;

constexpr Seconds kDay{86400};

class Reminding : public LedgerSuite {
 protected:
  // Runs to the end of what is due, and tells of whom an event was made: "30d tok_…".
  std::vector<std::string> remind(Instant now) {
    notify::Reminders reminders(*ledger_, entropy_);
    for (;;) {
      const auto more = reminders.remind(now);
      EXPECT_TRUE(more);
      if (!more || !*more) break;
    }
    std::vector<std::string> told;
    const auto events = ledger_->audit_after(seen_, 1000);
    EXPECT_TRUE(events);
    for (const auto& e : *events) {
      EXPECT_EQ(e.action, "token.expiring");
      told.push_back(e.detail.substr(0, e.detail.find(',')) + " " + e.target);
      seen_ = e.number;
    }
    return told;
  }
  Token expiring(std::uint64_t n, Instant created, Instant expires, opaque::Kind kind = opaque::Kind::Pat) {
    auto t = suite::token(n);
    t.kind = kind;
    t.created = created;
    t.expires = expires;
    t.ended.reset();
    commit({Insert<Token>{t}});
    return t;
  }
  static std::string of(std::string_view notice, const Token& t) { return "{\"in\":\"" + std::string(notice) + "\" " + t.id.text(); }

  crypto::SystemEntropy entropy_;
  std::uint64_t seen_ = 0;
  const Instant start_ = at(0);
};

TEST_P(Reminding, EachNoticeComesOnceAndInTime) {
  EXPECT_TRUE(remind(start_).empty());
  const auto t = expiring(1, start_, start_ + 90 * kDay);
  EXPECT_TRUE(remind(start_ + 60 * kDay - Seconds(1)).empty());
  EXPECT_EQ(remind(start_ + 60 * kDay + Seconds(1)), std::vector{of("30d", t)});
  EXPECT_TRUE(remind(start_ + 60 * kDay + Seconds(2)).empty());
  EXPECT_TRUE(remind(start_ + 83 * kDay - Seconds(1)).empty());
  EXPECT_EQ(remind(start_ + 83 * kDay + Seconds(1)), std::vector{of("7d", t)});
  EXPECT_EQ(remind(start_ + 89 * kDay + Seconds(1)), std::vector{of("1d", t)});
  EXPECT_TRUE(remind(start_ + 200 * kDay).empty());
}

TEST_P(Reminding, NothingIsMadeUpForAtAFirstStart) {
  const auto t = expiring(1, start_ - 80 * kDay, start_ + 10 * kDay);
  EXPECT_TRUE(remind(start_).empty());
  EXPECT_EQ(remind(start_ + 4 * kDay), std::vector{of("7d", t)});
}

TEST_P(Reminding, ShortLivesEndedOnesAndOtherKindsGetNone) {
  EXPECT_TRUE(remind(start_).empty());
  (void)expiring(1, start_, start_ + kDay);
  (void)expiring(2, start_, start_ + 40 * kDay, opaque::Kind::At);
  (void)expiring(3, start_, start_ + 40 * kDay, opaque::Kind::Ses);
  const auto ended = expiring(4, start_, start_ + 40 * kDay);
  commit({EndTokens{TokensOf(ended.id), EndReason::Revoked, {}, start_ + kDay}});
  auto rotated = suite::token(5);
  rotated.created = start_, rotated.expires = start_ + 40 * kDay, rotated.successor = TokenId(ulid(6));
  commit({Insert<Token>{rotated}});
  const auto key = expiring(7, start_, start_ + 40 * kDay, opaque::Kind::Key);
  EXPECT_EQ(remind(start_ + 20 * kDay), std::vector{of("30d", key)});
}

TEST_P(Reminding, AStandstillIsMadeUpForByWhatIsStillToCome) {
  EXPECT_TRUE(remind(start_).empty());
  const auto t = expiring(1, start_, start_ + 40 * kDay);
  // Both notices have come due; the first start after tells of both, and of no token that is gone.
  EXPECT_EQ(remind(start_ + 34 * kDay), (std::vector{of("30d", t), of("7d", t)}));
  (void)expiring(2, start_, start_ + 35 * kDay);
  EXPECT_EQ(remind(start_ + 41 * kDay).size(), 2u);  // the last day of both
}

INSTANTIATE_TEST_SUITE_P(Stores, Reminding, ::testing::ValuesIn(every_store()), [](const auto& one) { return one.param.name; });

}  // namespace
}  // namespace jeton::stores::suite
