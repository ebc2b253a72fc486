// From events to deliveries and back, over any store, with the clock as an argument.
#include "authority/notify/outbox.h"

#include <gtest/gtest.h>

#include "blocks/crypto/random.h"
#include "blocks/json/value.h"
#include "stores/ledger_suite.h"

namespace jeton::stores::suite {
namespace {

using namespace ledger;

// Answers as it is told to, and remembers what it was given.
struct Post final : notify::Carrier {
  notify::Outcome post(const notify::Carrier::Post& p) override {
    posts.push_back(p);
    return answer;
  }
  notify::Outcome push(const signals::Push& p) override {
    pushes.push_back(p.set);
    return answer;
  }
  notify::Outcome mail(std::string_view to, const std::string& message) override {
    mails.emplace_back(to, message);
    return answer;
  }
  notify::Outcome answer{true, 200, {}};
  std::vector<notify::Carrier::Post> posts;
  std::vector<std::pair<std::string, std::string>> mails;
  std::vector<std::string> pushes;
};

class OutboxSuite : public LedgerSuite {
 protected:
  OutboxSuite() {
    std::vector<keys::Sealer::DataKey> data_keys;
    data_keys.push_back({1, Secret::copy_of(std::array<std::uint8_t, 32>{5})});
    sealer_.use(std::move(data_keys));
    rules_.retries = {Seconds(5), Seconds(300)};
    rules_.mail_from = "jeton@example.com";
  }
  audit::Doing doing(Instant when) const { return {me_, when}; }
  Webhook hook(std::vector<std::string> events, Instant when = at(0)) {
    notify::Webhooks webhooks(*ledger_, sealer_, entropy_, rules_);
    Webhook draft;
    draft.url = "https://hooks.example.com/";
    draft.events = std::move(events);
    auto made = webhooks.create(draft, doing(when));
    EXPECT_TRUE(made);
    return made->record;
  }
  void happened(std::string_view action, Instant when) {
    auto e = audit::event(doing(when), action, "tok_x", entropy_);
    ASSERT_TRUE(e);
    commit({*std::move(e)});
  }
  void pump(notify::Outbox& outbox, Instant when) {
    for (auto more = outbox.pump(when);; more = outbox.pump(when)) {
      ASSERT_TRUE(more);
      if (!*more) return;
    }
  }
  int carry(notify::Outbox& outbox, Instant when) {
    int n = 0;
    while (*outbox.carry_one(carrier_, [when] { return when; })) ++n;
    return n;
  }
  std::vector<Delivery> all() { return *ledger_->deliveries({}, {.before = std::nullopt, .limit = 10000}); }

  crypto::SystemEntropy entropy_;
  keys::Sealer sealer_{"inst"};
  notify::Rules rules_;
  const audit::Actor me_{.name = "test", .address = {}, .request_id = {}};
  Post carrier_;
};

TEST_P(OutboxSuite, AnEventBecomesOneSignedMessage) {
  const auto webhook = hook({"token.*"});
  notify::Outbox outbox(*ledger_, sealer_, entropy_, rules_);
  happened("token.revoke", at(10));
  happened("user.create", at(10));
  pump(outbox, at(11));
  pump(outbox, at(11));
  EXPECT_EQ(carry(outbox, at(12)), 1);
  ASSERT_EQ(carrier_.posts.size(), 1u);
  const auto& p = carrier_.posts[0];
  EXPECT_EQ(p.signature, notify::signature(*notify::secret_of(webhook, sealer_), p.id, at(12), p.body));
  EXPECT_EQ(json::parse(p.body)->string_at("type"), "token.revoke");
  EXPECT_EQ(all().at(0).state, DeliveryState::Delivered);
}

TEST_P(OutboxSuite, ARestartMakesNothingTwiceAndLosesNothing) {
  (void)hook({"token.*"});
  for (int i = 0; i < 3; ++i) happened("token.revoke", at(10));
  {
    notify::Outbox outbox(*ledger_, sealer_, entropy_, rules_);
    pump(outbox, at(11));
  }
  happened("token.create", at(12));
  notify::Outbox outbox(*ledger_, sealer_, entropy_, rules_);
  pump(outbox, at(13));
  EXPECT_EQ(all().size(), 4u);
  EXPECT_EQ(carry(outbox, at(14)), 4);
}

TEST_P(OutboxSuite, WhatWasBeforeTheWebhookIsNotItsBusiness) {
  happened("token.revoke", at(10));
  (void)hook({}, at(20));
  notify::Outbox outbox(*ledger_, sealer_, entropy_, rules_);
  pump(outbox, at(21));
  EXPECT_TRUE(all().empty());
}

TEST_P(OutboxSuite, AttemptsAreSpacedAndThenGivenUp) {
  (void)hook({"token.*"});
  notify::Outbox outbox(*ledger_, sealer_, entropy_, rules_);
  happened("token.revoke", at(10));
  pump(outbox, at(10));
  carrier_.answer = {false, 500, "no"};
  EXPECT_EQ(carry(outbox, at(10)), 1);
  EXPECT_EQ(carry(outbox, at(14)), 0);
  EXPECT_EQ(carry(outbox, at(15)), 1);
  EXPECT_EQ(carry(outbox, at(314)), 0);
  EXPECT_EQ(carry(outbox, at(315)), 1);
  const auto d = all().at(0);
  EXPECT_EQ(d.state, DeliveryState::Dead);
  EXPECT_EQ(d.attempts, 3u);
  EXPECT_EQ(d.status, 500);
  EXPECT_EQ(carry(outbox, at(100000)), 0);
  EXPECT_EQ(carrier_.posts[0].id, carrier_.posts[2].id);
  EXPECT_NE(carrier_.posts[0].signature, carrier_.posts[2].signature);
}

TEST_P(OutboxSuite, TheQueueIsBoundedAndSaysSo) {
  rules_.most_waiting = 10;
  const auto full = hook({"token.revoke"});
  notify::Outbox outbox(*ledger_, sealer_, entropy_, rules_);
  for (int i = 0; i < 25; ++i) happened("token.revoke", at(10));
  pump(outbox, at(11));
  EXPECT_LE(*ledger_->waiting_deliveries(full.id), 10u);
  EXPECT_GE(outbox.dropped(), 15u);
  bool told = false;
  const auto events = *ledger_->audit_after(0, 1000);
  for (const auto& e : events) told = told || e.action == "webhook.dropped";
  EXPECT_TRUE(told);
}

TEST_P(OutboxSuite, OwnersGetMail) {
  auto ada = principal(1);
  ada.email = "ada@example.com";
  commit({Insert<Principal>{ada}});
  Alert a = alert(1);
  a.principal = ada.id;
  commit({Insert<Alert>{a}});
  auto e = audit::event(doing(at(10)), "alert.raise", a.id.text(), entropy_);
  commit({*std::move(e)});
  notify::Outbox outbox(*ledger_, sealer_, entropy_, rules_);
  pump(outbox, at(11));
  EXPECT_EQ(all().at(0).body, "");
  EXPECT_FALSE(all().at(0).sealed.empty());
  EXPECT_EQ(carry(outbox, at(12)), 1);
  ASSERT_EQ(carrier_.mails.size(), 1u);
  EXPECT_EQ(carrier_.mails[0].first, "ada@example.com");
  EXPECT_NE(carrier_.mails[0].second.find("Subject: Alert: " + a.rule), std::string::npos);
}

TEST(Mail, NoFieldCanBeginAnotherLine) {
  for (const auto bad :
       {"", "ada", "@example.com", "ada@", "a b@example.com", "ada@example.com\r\nBcc: eve@example.com", "ada@exa\nmple.com",
        "<ada@example.com>", "ada@example.com,eve@example.com", "-oX@example.com", "ada@-example.com", "ada@exam ple.com"})
    EXPECT_FALSE(notify::good_mailbox(bad)) << bad;
  for (const auto good : {"ada@example.com", "ada.l+x@mail.example.com", "o'neil@example.com"})
    EXPECT_TRUE(notify::good_mailbox(good)) << good;
  const auto message =
      notify::message({"ada@example.com", "x", "a\r\nBcc: eve@example.com", "text\n"}, "jeton@example.com", "dlv_1", at(0));
  EXPECT_EQ(message.find("\r\nBcc"), std::string::npos);
  EXPECT_NE(message.find("Subject: a  Bcc: eve@example.com\r\n"), std::string::npos);
  EXPECT_TRUE(message.ends_with("\r\n\r\ntext\r\n"));
  const auto other = notify::message({"ada@example.com", "x", "Grüße", "schön\n"}, "jeton@example.com", "dlv_1", at(0));
  EXPECT_NE(other.find("Subject: =?UTF-8?B?R3LDvMOfZQ==?=\r\n"), std::string::npos);
  EXPECT_NE(other.find("base64\r\n\r\nc2Now7ZuCg==\r\n"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Stores, OutboxSuite, ::testing::ValuesIn(every_store()), [](const auto& one) { return one.param.name; });

}  // namespace
}  // namespace jeton::stores::suite
