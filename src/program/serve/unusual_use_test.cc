// What is noticed of tokens and their owners together, from a check to the alert.
#include "program/serve/building_suite.h"

namespace jeton::serve {
namespace {

class UnusualUse : public BuildingSuite {
 protected:
  static constexpr Seconds kDay{86400};
  const net::Address office_ = net::Address::v4({192, 0, 2, 1}), elsewhere_ = net::Address::v4({198, 51, 100, 7});

  verify::Reason use(const personal::Born& b, const net::Address& from) {
    return reason(text_of(b.text), {.api = {}, .scope = {}, .method = {}, .path = {}, .address = from});
  }
  std::vector<ledger::Alert> alerts() {
    EXPECT_TRUE(rooms().upkeep.act_on_events(now_));
    return *rooms().ledger.alerts({.before = std::nullopt, .limit = 100});
  }
};

TEST_F(UnusualUse, ANewTokenIsNoNewsWhereItsOwnerIsKnownAndIsElsewhere) {
  const auto old = born(draft());
  for (int day = 0; day < 3; ++day, now_ = now_ + kDay) ASSERT_EQ(use(old, office_), verify::Reason::Allowed);
  const auto fresh = born(draft());
  ASSERT_EQ(use(fresh, office_), verify::Reason::Allowed);
  EXPECT_TRUE(alerts().empty());
  ASSERT_EQ(use(fresh, elsewhere_), verify::Reason::Allowed);
  const auto told = alerts();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].rule, "new_network");
  EXPECT_EQ(told[0].token, fresh.record.id);
  EXPECT_EQ(told[0].principal, ada_.id);
  EXPECT_EQ(told[0].severity, ledger::Severity::Warning);
  EXPECT_NE(told[0].evidence.find("\"new_to\":\"owner\""), std::string::npos) << told[0].evidence;
  // Nor is it news of her other one from then on.
  now_ = now_ + kDay;
  ASSERT_EQ(use(old, elsewhere_), verify::Reason::Allowed);
  EXPECT_EQ(alerts().size(), 1u);
}

TEST_F(UnusualUse, SharingOverSeveralTokensIsToldAsTheOwners) {
  std::vector<personal::Born> tokens;
  for (int i = 0; i < 3; ++i) tokens.push_back(born(draft()));
  for (int day = 0; day < 3; ++day, now_ = now_ + kDay) ASSERT_EQ(use(tokens[0], office_), verify::Reason::Allowed);
  for (std::uint8_t n = 0; n < 6; ++n, now_ = now_ + Seconds(60))
    ASSERT_EQ(use(tokens[n % 3], net::Address::v4({203, 0, n, 1})), verify::Reason::Allowed);
  const auto told = alerts();
  const auto of = [&](std::string_view rule) {
    return std::count_if(told.begin(), told.end(), [rule](const ledger::Alert& a) { return a.rule == rule && a.count == 1; });
  };
  EXPECT_EQ(of("owner_many_networks"), 1);
  EXPECT_EQ(of("many_networks"), 0);
}

// Whose account it was stands in the alert; two accounts are two alerts, and a burst of one is one.
TEST_F(UnusualUse, GuessesAtTwoAccountsAreTwoAlerts) {
  ledger::Principal bob;
  bob.name = "bob";
  const auto other = *rooms().principals.create(PrincipalKind::User, bob, doing());
  for (int round = 0; round < 3; ++round)
    for (const auto& who : {ada_.id, other.id})
      for (std::uint8_t n = 1; n <= 6; ++n)
        verifier().uses().note_seen({{}, now_, net::Address::v4({203, 0, n, 1}), 0, verify::Reason::Unknown, verify::Tried::Password, who});
  const auto told = alerts();
  ASSERT_EQ(told.size(), 2u);
  EXPECT_EQ(told[0].rule, "account_guessing");
  EXPECT_EQ((std::set{told[0].principal, told[1].principal}), (std::set{ada_.id, other.id}));
  EXPECT_TRUE(told[0].token.none());
  EXPECT_EQ(told[0].count, 1u);
}

}  // namespace
}  // namespace jeton::serve
