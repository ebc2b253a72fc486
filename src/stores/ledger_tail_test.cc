// What holds for tokens of any age: a store may enter the newest ones in batches, and nobody may see that.
#include <atomic>

#include "stores/ledger_suite.h"

namespace jeton::stores::suite {

using namespace ledger;

namespace {

constexpr std::uint64_t kMany = 5000;

TokenId id(std::uint64_t n) { return TokenId(ulid(n)); }

// Every third one is of user 2; every fifth expires at second 50.
Token aged(std::uint64_t n) {
  auto t = suite::token(n);
  if (n % 3 == 0) t.principal = PrincipalId(PrincipalKind::User, ulid(2));
  if (n % 5 == 0) t.expires = at(50);
  return t;
}

}  // namespace

class Aged : public LedgerSuite {
 protected:
  Aged() {
    for (std::uint64_t n = 1; n <= kMany; n += 500) {
      std::vector<Change> changes;
      for (auto i = n; i < n + 500; ++i) changes.emplace_back(Insert<Token>{aged(i)});
      commit(std::move(changes));
    }
  }
};

TEST_P(Aged, AreFoundByHash) {
  for (const std::uint64_t n : {1ul, 2ul, 2500ul, 4095ul, 4096ul, 4097ul, kMany - 1, kMany})
    EXPECT_EQ(ledger_->token_by_hash(digest(n)).value().value().id, id(n)) << n;
  EXPECT_FALSE(ledger_->token_by_hash(digest(kMany + 1)).value());
}

// No text has its hash, so nobody is let in by it; and it does not keep a token from being made.
TEST_P(Aged, AGrantIsFoundByItsIdAlone) {
  const auto grant = [](std::uint64_t n) {
    auto t = aged(n);
    t.kind = opaque::Kind::Rt;
    return t;
  };
  // In the tail, and long behind it.
  commit({Insert<Token>{grant(kMany + 1)}});
  EXPECT_FALSE(ledger_->token_by_hash(digest(kMany + 1)).value());
  commit({end(TokensOf(PrincipalId(PrincipalKind::User, ulid(7))))});
  EXPECT_FALSE(ledger_->token_by_hash(digest(kMany + 1)).value());
  EXPECT_EQ(ledger_->token(id(kMany + 1)).value().value().hash, digest(kMany + 1));
  auto twin = aged(kMany + 2);
  twin.hash = digest(kMany + 1);
  commit({Insert<Token>{twin}});
  EXPECT_EQ(ledger_->token_by_hash(digest(kMany + 1)).value().value().id, id(kMany + 2));
  // What ends with its user is not missed, and what is forgotten takes nobody else's place away.
  commit({end(TokensOf(id(kMany + 1)))});
  ASSERT_TRUE(ledger_->purge(at(1'000'000), at(1'000'000), 100'000));
  EXPECT_FALSE(ledger_->token(id(kMany + 1)).value());
  EXPECT_EQ(ledger_->token_by_hash(digest(kMany + 1)).value().value().id, id(kMany + 2));
}

TEST_P(Aged, TheirHashesAreTakenWhetherOldOrNew) {
  for (const std::uint64_t n : {1ul, kMany}) {
    auto again = aged(kMany + 1);
    again.hash = digest(n);
    EXPECT_TRUE(refused({Insert<Token>{again}})) << n;
    EXPECT_TRUE(refused({Insert<Token>{again}, Insert<AuditEvent>{event(1)}})) << n;
    EXPECT_TRUE(refused({Rehash{id(2), digest(2), digest(n), 2}})) << n;
  }
  commit({Insert<Token>{aged(kMany + 1)}});
}

TEST_P(Aged, ABatchRefusedAtItsEventLeavesNoToken) {
  commit({Insert<AuditEvent>{event(1)}});
  EXPECT_TRUE(refused({Insert<Token>{aged(kMany + 1)}, Insert<AuditEvent>{event(1)}}));
  EXPECT_FALSE(ledger_->token(id(kMany + 1)).value());
  EXPECT_FALSE(ledger_->token_by_hash(digest(kMany + 1)).value());
  commit({Insert<Token>{aged(kMany + 1)}, Insert<AuditEvent>{event(2)}});
}

TEST_P(Aged, AreListedByPrincipalInOrder) {
  TokenFilter filter;
  filter.principal = PrincipalId(PrincipalKind::User, ulid(2));
  PageOf<TokenId> page{std::nullopt, 400};
  std::vector<TokenId> seen;
  for (;;) {
    const auto some = ledger_->tokens(filter, page, at(0)).value();
    for (const auto& t : some) seen.push_back(t.id);
    if (some.size() < page.limit) break;
    page.before = seen.back();
    commit({Insert<Token>{aged(100'000 + seen.size() * 3)}});  // newer ones come meanwhile
  }
  ASSERT_EQ(seen.size(), kMany / 3);
  EXPECT_TRUE(std::is_sorted(seen.rbegin(), seen.rend()));
  filter.device = DeviceId(ulid(9));
  EXPECT_TRUE(ledger_->tokens(filter, {std::nullopt, 10}, at(0)).value().empty());
}

TEST_P(Aged, EndWithTheirPrincipalWhetherOldOrNew) {
  const auto done = commit({end(TokensOf{PrincipalId(PrincipalKind::User, ulid(2))})});
  EXPECT_EQ(done.ended.size(), kMany / 3);
  EXPECT_TRUE(token(id(kMany - kMany % 3)).ended);
  EXPECT_FALSE(token(id(kMany - kMany % 3 - 1)).ended);
  EXPECT_TRUE(commit({end(TokensOf{PrincipalId(PrincipalKind::User, ulid(2))})}).ended.empty());
}

TEST_P(Aged, ArePurgedByTheEndTheyHaveNow) {
  auto longer = token(id(5)), shorter = token(id(6)), newest = token(id(kMany));
  longer.expires = at(1000), shorter.expires = at(50), newest.expires = std::nullopt;
  commit({Update<Token>{longer}, Update<Token>{shorter}, Update<Token>{newest}});
  EXPECT_EQ(ledger_->purge(at(100), at(51), 10'000).value().tokens, kMany / 5 - 1);
  EXPECT_TRUE(ledger_->token(id(5)).value());
  EXPECT_FALSE(ledger_->token(id(6)).value());
  EXPECT_TRUE(ledger_->token(id(kMany)).value());
  EXPECT_FALSE(ledger_->token_by_hash(digest(10)).value());
  commit({Insert<Token>{aged(10)}});  // both its id and its hash are free again
  EXPECT_EQ(ledger_->purge(at(2000), at(1500), 10'000).value().tokens, 2u);
}

TEST_P(Aged, AreListedByTheEndTheyHaveNow) {
  auto longer = token(id(5)), shorter = token(id(6)), never = token(id(10)), newest = token(id(kMany));
  longer.expires = at(1000), shorter.expires = at(49), never.expires = std::nullopt, newest.expires = at(51);
  commit({Update<Token>{longer}, Update<Token>{shorter}, Update<Token>{never}, Update<Token>{newest},
          Rehash{id(15), digest(15), digest(90'001), 2}});
  auto late = aged(kMany + 1);
  late.expires = at(50);
  commit({Insert<Token>{late}});
  TokenFilter filter;
  filter.expires_from = at(49), filter.expires_before = at(51);
  std::vector<TokenId> expected{late.id};
  for (auto n = kMany - 5; n > 10; n -= 5) expected.push_back(id(n));
  expected.push_back(id(6));
  std::vector<TokenId> seen;
  for (PageOf<TokenId> page{std::nullopt, 400};; page.before = seen.back()) {
    const auto some = ledger_->tokens(filter, page, at(0)).value();
    for (const auto& t : some) seen.push_back(t.id);
    if (some.size() < page.limit) break;
  }
  EXPECT_EQ(seen, expected);
}

TEST_P(Aged, MoveToTheirNewHashWhetherOldOrNew) {
  commit({Rehash{id(1), digest(1), digest(90'001), 2}, Rehash{id(kMany), digest(kMany), digest(90'002), 2}});
  EXPECT_EQ(ledger_->token_by_hash(digest(90'001)).value().value().id, id(1));
  EXPECT_EQ(ledger_->token_by_hash(digest(90'002)).value().value().id, id(kMany));
  EXPECT_FALSE(ledger_->token_by_hash(digest(1)).value());
}

// Whoever does not wait hears exactly once, after the follower.
TEST_P(LedgerSuite, ASubmittedCommitIsToldOfOnceItIsDone) {
  struct Counting final : Follower {
    void apply(Seq, std::span<const Effect> effects) noexcept override { told += effects.size(); }
    std::atomic<std::size_t> told = 0;
  } follower;
  ledger_->follow(&follower);
  constexpr std::size_t kAsked = 300;
  std::atomic<std::size_t> done = 0, refused = 0, unheard = 0, born = 0;
  for (std::size_t n = 1; n <= kAsked; ++n) {
    // Every tenth one asks for a hash that is taken.
    auto t = suite::token(n);
    if (n % 10 == 0) t.hash = digest(n - 1);
    ledger_->submit({Insert<Token>{t}}, [&](const Result<Committed>& outcome) {
      if (outcome && follower.told < ++born) ++unheard;
      if (!outcome) ++refused;
      if (++done == kAsked) done.notify_all();
    });
  }
  for (auto now = done.load(); now != kAsked; now = done.load()) done.wait(now);
  EXPECT_EQ(refused, kAsked / 10);
  EXPECT_EQ(born, kAsked - kAsked / 10);
  EXPECT_EQ(unheard, 0u);
  for (std::size_t n = 1; n <= kAsked; ++n) EXPECT_EQ(ledger_->token(id(n)).value().has_value(), n % 10 != 0);
  ledger_->follow(nullptr);
}

TEST_P(LedgerSuite, WhatIsReadAfterACommitIsNeverOlder) {
  commit({Insert<Api>{api(1)}, Insert<Principal>{principal(1)}, PutSetting{{"a", "1", 0}}});
  for (int i = 0; i < 3; ++i) {
    auto a = ledger_->api_named("orders-1").value().value();
    auto p = ledger_->principal(principal(1).id).value().value();
    a.access_ttl += Seconds(1), p.email += "x";
    const auto value = std::to_string(i);
    commit({Update<Api>{a}, Update<Principal>{p}, PutSetting{{"a", value, 0}}});
    EXPECT_EQ(ledger_->api_named("orders-1").value().value().access_ttl, a.access_ttl);
    EXPECT_EQ(ledger_->api(a.id).value().value().version, a.version + 1);
    EXPECT_EQ(ledger_->principal_named(PrincipalKind::User, p.name).value().value().email, p.email);
    EXPECT_EQ(ledger_->settings().value().at(0).value, value);
  }
  auto gone = ledger_->api(api(1).id).value().value();
  gone.deleted = at(1);
  commit({Update<Api>{gone}});
  EXPECT_FALSE(ledger_->api_named("orders-1").value());
}

INSTANTIATE_TEST_SUITE_P(Every, Aged, ::testing::ValuesIn(every_store()), [](const auto& made) { return made.param.name; });

}  // namespace jeton::stores::suite
