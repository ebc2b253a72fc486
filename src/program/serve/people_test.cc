// What a new password, and a person's word against an application, end: all of it, however much there is.
#include <atomic>
#include <thread>

#include "authority/people/totp.h"
#include "program/serve/building_suite.h"

namespace jeton::serve {
namespace {

class Endings : public BuildingSuite {
 protected:
  // One more than any page of the ledger.
  static constexpr int kMany = 1001;

  std::string log_in() { return text_of(rooms().sessions.log_in({ada_.id, "pwd", "Firefox"}, std::nullopt, doing())->cookie); }
  bool is_in(const std::string& cookie) { return rooms().sessions.find(cookie, {}, now_)->has_value(); }
};

TEST_F(Endings, ANewPasswordEndsEverySession) {
  const auto password = Secret::copy_of(as_bytes(std::string_view("correct horse")));
  ASSERT_TRUE(rooms().people.set_password(ada_, password, doing()));
  now_ = now_ + Seconds(1);
  const auto first = log_in();
  // It is looked twice.
  for (int i = 1; i < 2 * kMany; ++i) log_in();
  const auto link = text_of(*rooms().people.invite(ada_, Seconds(3600), doing()));
  ASSERT_TRUE(is_in(first));
  ASSERT_TRUE(rooms().people.accept(link, Secret::copy_of(as_bytes(std::string_view("battery staple"))), doing()));
  EXPECT_FALSE(is_in(first)) << "the oldest of many";
  EXPECT_TRUE(rooms().sessions.list(ada_.id, {.before = std::nullopt, .limit = 10}, now_)->empty());
  EXPECT_TRUE(is_in(log_in()));
}

// Shown before, and of use afterwards neither for a session nor for another password.
TEST_F(Endings, APasswordThatWasReplacedIsNot) {
  const auto secret = [](std::string_view text) { return Secret::copy_of(as_bytes(text)); };
  ASSERT_TRUE(rooms().people.set_password(ada_, secret("correct horse"), doing()));
  const auto shown = *rooms().people.check_password("ada", secret("correct horse"), doing());
  EXPECT_TRUE(*rooms().people.is_still(ada_.id, shown.shown));
  now_ = now_ + Seconds(1);
  ASSERT_TRUE(rooms().people.set_password(ada_, secret("battery staple"), doing()));
  EXPECT_FALSE(*rooms().people.is_still(ada_.id, shown.shown));
  EXPECT_TRUE(rooms().people.change_password(shown, secret("mine again"), doing()).error().is(Refusal::Conflict));
  const auto known = *rooms().people.check_password("ada", secret("battery staple"), doing());
  EXPECT_TRUE(rooms().people.change_password(known, secret("another one"), doing()));
}

// What was found with the password is believed while nothing was set anywhere, and looked at again once something was.
TEST_F(Endings, WhatAnotherSetLeavesAPasswordAsItWas) {
  const auto secret = [](std::string_view text) { return Secret::copy_of(as_bytes(text)); };
  ledger::Principal draft;
  draft.name = "eve";
  const auto eve = *rooms().principals.create(PrincipalKind::User, draft, doing());
  ASSERT_TRUE(rooms().people.set_password(ada_, secret("correct horse"), doing()));
  const auto known = *rooms().people.check_password("ada", secret("correct horse"), doing());
  EXPECT_TRUE(known.ways.password && !known.ways.totp && known.shown.alone);
  ASSERT_TRUE(rooms().people.set_password(eve, secret("battery staple"), doing()));
  EXPECT_TRUE(*rooms().people.is_still(ada_.id, known.shown));
  // Nor is what is kept over a restart believed without a look.
  EXPECT_TRUE(*rooms().people.is_still(ada_.id, {known.shown.since}));
  EXPECT_FALSE(*rooms().people.is_still(ada_.id, {known.shown.since + Millis(1)}));
  EXPECT_FALSE(*rooms().people.is_still(eve.id, {known.shown.since + Millis(1)}));
}

// A second factor that is set up while a password is being looked at is asked for.
TEST_F(Endings, APasswordIsNotAloneOnceThereIsASecondFactor) {
  ASSERT_TRUE(rooms().people.set_password(ada_, Secret::copy_of(as_bytes(std::string_view("correct horse"))), doing()));
  const auto shown = [&] {
    return rooms().people.check_password("ada", Secret::copy_of(as_bytes(std::string_view("correct horse"))), doing())->shown;
  };
  const auto before = shown();
  const auto proposed = *rooms().people.propose_totp();
  const auto code =
      people::totp::code(*people::totp::from_base32(proposed.base32), static_cast<std::uint64_t>(now_.seconds() / people::totp::kStep));
  ASSERT_TRUE(rooms().people.confirm_totp(ada_, proposed, code, doing()));
  EXPECT_FALSE(*rooms().people.is_still(ada_.id, before));
  const auto after = shown();
  EXPECT_FALSE(after.alone);
  EXPECT_TRUE(*rooms().people.is_still(ada_.id, after));
  // Of a password with its code, asked once more.
  EXPECT_TRUE(*rooms().people.is_still(ada_.id, {after.since}));
}

// Hashing is slow on purpose. Whoever comes when enough of it waits is told so, known or not, and it is no failed try.
TEST_F(Endings, AFloodOfPasswordsIsToldToComeAgain) {
  const auto secret = [](std::string_view text) { return Secret::copy_of(as_bytes(text)); };
  const people::Hashing one_at_a_time{.cost = {}, .turns = {.at_once = 1, .waiting = 0}};
  people::People people(rooms().ledger, rooms().peppers, building_->keychain().sealer(), rooms().entropy, one_at_a_time);
  ASSERT_TRUE(people.set_password(ada_, secret("correct horse"), doing()));
  {
    const auto turn = people.turns().take();
    for (const auto* name : {"ada", "nobody"})
      for (int i = 0; i < 20; ++i) {
        const auto answer = people.check_password(name, secret(i == 0 ? "correct horse" : "wrong"), doing());
        ASSERT_TRUE(!answer && answer.error().is(Fault::StoreUnavailable)) << name;
      }
    EXPECT_TRUE(people.set_password(ada_, secret("battery staple"), doing()).error().is(Fault::StoreUnavailable));
  }
  EXPECT_TRUE(people.check_password("ada", secret("correct horse"), doing()));
  EXPECT_TRUE(people.check_password("nobody", secret("correct horse"), doing()).error().is(Refusal::Denied));
}

// A code of six digits is counted before it is looked at: of any number at once, ten are looked at.
TEST_F(Endings, CodesTriedAtOnceAreCountedOneByOne) {
  auto& people = rooms().people;
  me_.address = *net::Address::parse("192.0.2.7");
  const auto proposed = people.propose_totp();
  const auto code = [&](int later) {
    return people::totp::code(*people::totp::from_base32(proposed->base32),
                              static_cast<std::uint64_t>(now_.seconds() / people::totp::kStep + later));
  };
  ASSERT_TRUE(people.confirm_totp(ada_, *proposed, code(0), doing()));
  std::atomic<int> wrong = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 40; ++i)
      threads.emplace_back([&, doing = doing()] { wrong += people.check_code(ada_, "000000x", doing).error().is(Refusal::Denied); });
  }
  EXPECT_EQ(wrong, 10);
  EXPECT_TRUE(people.check_code(ada_, code(1), doing()).error().is(Refusal::RateLimited));
  now_ = now_ + Seconds(20);
  EXPECT_TRUE(people.check_code(ada_, code(1), doing())) << "its twin";
}

TEST_F(Endings, AnApplicationThatIsDisconnectedKeepsNoGrant) {
  ledger::Client draft;
  draft.name = "shop";
  draft.type = ledger::ClientType::Web;
  draft.redirects = {"https://app.example.com/cb"};
  draft.scopes = {"orders:read"};
  const auto shop = rooms().clients.create(std::move(draft), doing())->record;
  grants::Approval approval;
  approval.principal = ada_.id;
  approval.client = shop.id;
  approval.api = api_.id;
  approval.scopes = {"orders:read"};
  approval.proof = {now_, "pwd", "1"};
  std::string first;
  for (int i = 0; i < kMany; ++i) {
    const auto granted = rooms().grants.grant(approval, {shop, {}, ""}, {}, doing());
    ASSERT_TRUE(granted);
    if (i == 0) first = text_of(*granted->refresh);
  }
  ASSERT_TRUE(rooms().grants.find_refresh(first, now_)->has_value());
  ASSERT_TRUE(rooms().grants.disconnect(ada_.id, shop.id, doing()));
  EXPECT_FALSE(rooms().grants.find_refresh(first, now_)->has_value()) << "the oldest of many";
  EXPECT_TRUE(rooms().grants.of_user(ada_.id, now_)->empty());
}

}  // namespace
}  // namespace jeton::serve
