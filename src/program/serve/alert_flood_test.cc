// A flood of findings is told as few alerts, acted on all the same, and slows nobody; and the watch can be turned off.
#include "program/serve/building_suite.h"

namespace jeton::serve {
namespace {

class AlertFlood : public BuildingSuite {
 protected:
  // What 20 guesses and more from a network of its own leave behind.
  void guess_from(std::uint32_t network) {
    const auto from = net::Address::v4({20, static_cast<std::uint8_t>(network >> 8), static_cast<std::uint8_t>(network), 1});
    for (int i = 0; i < 25; ++i) verifier().uses().note_seen({{}, now_, from, 0, verify::Reason::Unknown});
  }
  // Findings that were told; those of one rule within an hour are one alert.
  std::uint64_t told(std::string_view rule) {
    std::uint64_t n = 0;
    const auto alerts = *rooms().ledger.alerts({.before = std::nullopt, .limit = 20'000});
    for (const auto& alert : alerts)
      if (alert.rule == rule) n += alert.count;
    return n;
  }
};

TEST_F(AlertFlood, TenThousandInAMinuteAreToldAsSixtyAndOne) {
  for (std::uint32_t network = 0; network < 10'000; ++network) {
    guess_from(network);
    if (network % 100 == 99) {
      now_ = now_ + Millis(590);
      ASSERT_TRUE(rooms().upkeep.act_on_events(now_));
    }
  }
  EXPECT_EQ(told("token_guessing"), 60u);
  EXPECT_EQ(rooms().ledger.alerts({.before = std::nullopt, .limit = 20'000})->size(), 1u);
  EXPECT_EQ(told("alert_flood"), 0u);
  now_ = now_ + Seconds(61);
  ASSERT_TRUE(rooms().upkeep.act_on_events(now_));
  ASSERT_EQ(told("alert_flood"), 1u);
  const auto alerts = *rooms().ledger.alerts({.before = std::nullopt, .limit = 1000});
  for (const auto& alert : alerts) {
    if (alert.rule != "alert_flood") continue;
    EXPECT_EQ(alert.evidence, "{\"held_back\":9940}");
  }
  // What comes after is told again.
  guess_from(20'000);
  ASSERT_TRUE(rooms().upkeep.act_on_events(now_));
  EXPECT_EQ(told("token_guessing"), 61u);
}

TEST_F(AlertFlood, WhatIsToBeDoneIsDoneThoughItIsNotTold) {
  auto settings = *policy::read_settings(rooms().ledger);
  settings.watch_action = "scope_probing=quarantine";
  ASSERT_TRUE(rooms().ledger.commit(policy::write(settings)));
  const auto b = born(draft());
  const auto other = born(draft());
  const auto token = text_of(b.text);
  for (std::uint32_t network = 0; network < 100; ++network) guess_from(network);
  ASSERT_TRUE(rooms().upkeep.act_on_events(now_));
  for (int i = 0; i < 12; ++i)
    EXPECT_EQ(reason(token, {.api = {}, .scope = "orders:write", .method = {}, .path = {}, .address = {}}), verify::Reason::Scope);
  ASSERT_TRUE(rooms().upkeep.act_on_events(now_));
  EXPECT_EQ(told("scope_probing"), 0u);
  EXPECT_EQ(reason(token), verify::Reason::Quarantined);
  EXPECT_EQ(reason(text_of(other.text)), verify::Reason::Allowed);
}

TEST_F(AlertFlood, TurnedOffNothingIsKept) {
  const auto b = born(draft());
  const auto token = text_of(b.text);
  const auto kept = [&] {
    EXPECT_EQ(reason(token), verify::Reason::Allowed);
    guess_from(1);
    const auto seen = verifier().uses().take_seen().size();
    return seen + verifier().uses().take_uses().size();
  };
  EXPECT_GT(kept(), 0u);
  verifier().uses().set(verify::Watching::Off);
  EXPECT_EQ(kept(), 0u);
  verifier().uses().set(verify::Watching::On);
  EXPECT_GT(kept(), 0u);
}

}  // namespace
}  // namespace jeton::serve
