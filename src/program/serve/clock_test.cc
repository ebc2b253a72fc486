// A clock that was ahead and is set right: what was taken back or used in the meantime is not good again.
#include "program/serve/installation.h"

namespace jeton::serve {
namespace {

using verify::Reason;

class ClockSteps : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(home.open(folder.places()), "");
    home.populate();
  }
  TokenId jti(std::string_view jwt) {
    const verify::Reading reading(home.rooms().verifier);
    return reading.judge(jwt, {}, home.now).token->id();
  }
  // The clock is ahead for that long: a start and a clean-up happen meanwhile.
  void ahead(Seconds by) {
    const auto right = home.now;
    home.now = home.now + by;
    ASSERT_EQ(home.open(folder.places()), "");
    ASSERT_TRUE(home.rooms().upkeep.purge(home.now));
    home.now = right;
  }

  Folder folder;
  Installation home;
};

TEST_F(ClockSteps, BringNoRevokedJwtBack) {
  const auto jwt = home.mint(), other = home.mint();
  ASSERT_TRUE(home.rooms().ledger.commit({ledger::RevokeJwt{{jti(jwt), home.now + Seconds(600), home.now}}}));
  ahead(Seconds(7200));
  EXPECT_EQ(home.judge(jwt), Reason::Revoked) << "while it runs on";
  EXPECT_EQ(home.judge(other), Reason::Allowed);
  ASSERT_EQ(home.open(folder.places()), "");
  EXPECT_EQ(home.judge(jwt), Reason::Revoked) << "nor at the next start";
  EXPECT_EQ(home.judge(other), Reason::Allowed);
}

TEST_F(ClockSteps, LetNothingBeUsedTwice) {
  ledger::Ticket seen;
  seen.id.fill(7);
  seen.kind = ledger::TicketKind::Seen;
  seen.created = home.now;
  seen.expires = home.now + Seconds(300);
  ASSERT_TRUE(home.rooms().ledger.commit({ledger::Insert<ledger::Ticket>{seen}}));
  ahead(Seconds(1800));
  EXPECT_TRUE(home.rooms().ledger.ticket(seen.id).value());
  // The twin: what is long past is not kept.
  ahead(Seconds(300 + 3601));
  EXPECT_FALSE(home.rooms().ledger.ticket(seen.id).value());
}

}  // namespace
}  // namespace jeton::serve
