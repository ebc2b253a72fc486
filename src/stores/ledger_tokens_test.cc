// What every store must do with tokens.
#include <algorithm>
#include <set>

#include "stores/ledger_suite.h"

namespace jeton::stores::suite {

using namespace ledger;

namespace {

TokenId id(std::uint64_t n) { return TokenId(ulid(n)); }

std::vector<TokenId> ids(const std::vector<Token>& tokens) {
  std::vector<TokenId> out;
  for (const auto& t : tokens) out.push_back(t.id);
  return out;
}

struct Collect final : TokenVisitor {
  bool visit(const Token& t) override {
    seen.push_back(show(t));
    return seen.size() < limit;
  }
  std::vector<std::string> seen;
  std::size_t limit = 1000000;
};

}  // namespace

TEST_P(LedgerSuite, TokensComeBackAsTheyWere) {
  commit({Insert<Token>{suite::token(1)}, Insert<Token>{full_token(2)}});
  EXPECT_EQ(show(token(id(1))), show(suite::token(1)));
  EXPECT_EQ(show(token(id(2))), show(full_token(2)));
  EXPECT_EQ(show(ledger_->token_by_hash(digest(2)).value().value()), show(full_token(2)));
  EXPECT_FALSE(ledger_->token_by_hash(digest(3)).value());
  EXPECT_FALSE(ledger_->token(id(3)).value());
}

TEST_P(LedgerSuite, TokenIdsAndHashesAreUnique) {
  commit({Insert<Token>{suite::token(1)}});
  auto same_hash = suite::token(2);
  same_hash.hash = digest(1);
  EXPECT_TRUE(refused({Insert<Token>{same_hash}}));
  auto same_id = suite::token(1);
  same_id.hash = digest(2);
  EXPECT_TRUE(refused({Insert<Token>{same_id}}));
  commit({Insert<Token>{suite::token(2)}});
}

TEST_P(LedgerSuite, AnUpdateLeavesAloneWhatItMay) {
  commit({Insert<Token>{full_token(1)}, end(TokensOf{id(1)}, EndReason::Leaked)});
  const auto before = token(id(1));
  auto wanted = suite::token(1);
  wanted.version = before.version;
  wanted.hash = digest(99);
  wanted.name = "renamed";
  wanted.created = at(99);
  wanted.family = id(7);
  wanted.successor = id(8);
  wanted.hold = before.hold;   // another one would be told by an effect of its own
  Notes notes;
  ledger_->follow(&notes);
  commit({Update<Token>{wanted}});
  auto expected = wanted;
  expected.hash = before.hash;
  expected.pepper = before.pepper;
  expected.kind = before.kind;
  expected.principal = before.principal;
  expected.api = before.api;
  expected.created = before.created;
  expected.ended = before.ended;
  expected.end_reason = before.end_reason;
  expected.end_note = before.end_note;
  expected.last_used = before.last_used;
  expected.last_address = before.last_address;
  expected.version = before.version + 1;
  EXPECT_EQ(show(token(id(1))), show(expected));
  ASSERT_EQ(notes.all.size(), 1u);
  EXPECT_EQ(show(std::get<Token>(notes.all[0])), show(expected));
  EXPECT_TRUE(refused({Update<Token>{wanted}}));
  EXPECT_TRUE(refused({Update<Token>{suite::token(2)}}, Refusal::NotFound));
}

TEST_P(LedgerSuite, EndingIsForGoodAndTold) {
  commit({Insert<Token>{suite::token(1)}, Insert<Token>{suite::token(2)}});
  Notes notes;
  ledger_->follow(&notes);
  const auto done = commit({end(TokensOf{id(1)}, EndReason::Leaked)});
  ASSERT_EQ(done.ended.size(), 1u);
  EXPECT_EQ(done.ended[0].id, id(1));
  EXPECT_EQ(done.ended[0].reason, EndReason::Leaked);
  ASSERT_EQ(notes.all.size(), 1u);
  EXPECT_EQ(std::get<TokenEnded>(notes.all[0]).at, at(50));
  const auto t = token(id(1));
  EXPECT_EQ(t.ended, at(50));
  EXPECT_EQ(t.end_reason, EndReason::Leaked);
  EXPECT_EQ(t.end_note, "said so");
  EXPECT_EQ(t.version, 2u);
  EXPECT_FALSE(token(id(2)).ended);
  // Twice is once: nothing is told, and the first reason stays.
  const auto again = commit({end(TokensOf{id(1)}, EndReason::Revoked)});
  EXPECT_TRUE(again.ended.empty());
  EXPECT_EQ(again.seq, done.seq);
  EXPECT_EQ(token(id(1)).end_reason, EndReason::Leaked);
  EXPECT_TRUE(commit({end(TokensOf{id(77)})}).ended.empty());
}

TEST_P(LedgerSuite, AnUpdateReadBeforeTheEndIsRefused) {
  commit({Insert<Token>{suite::token(1)}});
  auto read = token(id(1));
  commit({end(TokensOf{id(1)})});
  read.name = "late";
  EXPECT_TRUE(refused({Update<Token>{read}}));
}

TEST_P(LedgerSuite, EndsAllOfAPrincipalDeviceClientApiOrFamily) {
  const auto fresh = [](std::uint64_t n) {
    auto t = suite::token(n);
    t.principal = PrincipalId(PrincipalKind::User, ulid(900 + n));
    t.api = ApiId(ulid(900 + n));
    return t;
  };
  auto by_user = fresh(1), by_service = fresh(2), by_device = fresh(3), by_client = fresh(4), by_api = fresh(5), first = fresh(6),
       second = fresh(7), bystander = fresh(8);
  by_user.principal = PrincipalId(PrincipalKind::User, ulid(50));
  by_service.principal = PrincipalId(PrincipalKind::Service, ulid(50));
  by_device.device = DeviceId(ulid(50));
  by_client.client = ClientId(ulid(50));
  by_api.api = ApiId(ulid(50));
  second.family = first.id;
  for (const auto& t : {by_user, by_service, by_device, by_client, by_api, first, second, bystander}) commit({Insert<Token>{t}});
  const auto ended = [this](decltype(EndTokens::which) which) {
    std::vector<TokenId> out;
    for (const auto& e : commit({end(which)}).ended) out.push_back(e.id);
    return out;
  };
  using Ids = std::vector<TokenId>;
  EXPECT_EQ(ended(TokensOf{by_user.principal}), Ids{id(1)});
  EXPECT_EQ(ended(TokensOf{by_service.principal}), Ids{id(2)});
  EXPECT_EQ(ended(TokensOf{by_device.device}), Ids{id(3)});
  EXPECT_EQ(ended(TokensOf{by_client.client}), Ids{id(4)});
  EXPECT_EQ(ended(TokensOf{by_api.api}), Ids{id(5)});
  EXPECT_EQ(ended(FamilyOf{first.id}), (Ids{id(6), id(7)}));
  EXPECT_FALSE(token(bystander.id).ended);
}

TEST_P(LedgerSuite, NoneNamesNoToken) {
  commit({Insert<Token>{suite::token(1)}, Insert<Token>{suite::token(2)}});
  for (const decltype(EndTokens::which)& which :
       {decltype(EndTokens::which)(TokensOf{TokenId()}), decltype(EndTokens::which)(TokensOf{PrincipalId()}),
        decltype(EndTokens::which)(TokensOf{DeviceId()}), decltype(EndTokens::which)(TokensOf{ClientId()}),
        decltype(EndTokens::which)(TokensOf{ApiId()}), decltype(EndTokens::which)(FamilyOf{TokenId()})})
    EXPECT_TRUE(commit({end(which)}).ended.empty());
  TokenFilter filter;
  filter.device = DeviceId();
  EXPECT_TRUE(ledger_->tokens(filter, {}, at(0)).value().empty());
  // The twin.
  EXPECT_EQ(commit({end(TokensOf{suite::token(1).principal})}).ended.size(), 2u);
}

TEST_P(LedgerSuite, WhatWasExchangedDiesWithItsParent) {
  auto child = suite::token(2), grandchild = suite::token(3), other = suite::token(4), signed_child = suite::token(5);
  child.parent = id(1);
  child.principal = PrincipalId(PrincipalKind::Service, ulid(8));
  grandchild.parent = id(2);
  signed_child.parent = id(4711);  // a signed token: no record of its own
  for (const auto& t : {suite::token(1), child, grandchild, other, signed_child}) commit({Insert<Token>{t}});
  EXPECT_EQ(commit({end(TokensOf{id(4711)})}).ended.size(), 1u);
  const auto done = commit({end(TokensOf{id(1)})});
  ASSERT_EQ(done.ended.size(), 3u);
  EXPECT_EQ(done.seq, ledger_->last_seq().value());
  EXPECT_FALSE(token(other.id).ended);
  // A child that comes too late is refused; one of a living parent is not.
  auto late = suite::token(6);
  late.parent = id(1);
  EXPECT_TRUE(refused({Insert<Token>{late}}));
  late.parent = other.id;
  commit({Insert<Token>{late}});
}

TEST_P(LedgerSuite, RevokingASignedTokenTwiceIsOnce) {
  const RevokedJwt gone{id(1), at(100), at(5)};
  const auto first = commit({RevokeJwt{gone}});
  EXPECT_EQ(commit({RevokeJwt{gone}}).seq, first.seq);
  EXPECT_EQ(ledger_->revoked_jwts(at(99)).value().size(), 1u);
  EXPECT_EQ(ledger_->revoked_jwts(at(99)).value().at(0).revoked, at(5));
  EXPECT_TRUE(ledger_->revoked_jwts(at(100)).value().empty());
}

TEST_P(LedgerSuite, ARehashMovesTheTokenToItsNewHash) {
  commit({Insert<Token>{suite::token(1)}, Insert<Token>{suite::token(2)}});
  EXPECT_TRUE(refused({Rehash{id(1), digest(5), digest(6), 2}}));
  EXPECT_TRUE(refused({Rehash{id(1), digest(1), digest(2), 2}}));
  EXPECT_TRUE(refused({Rehash{id(9), digest(1), digest(6), 2}}, Refusal::NotFound));
  commit({Rehash{id(1), digest(1), digest(6), 2}});
  EXPECT_FALSE(ledger_->token_by_hash(digest(1)).value());
  const auto moved = ledger_->token_by_hash(digest(6)).value().value();
  EXPECT_EQ(moved.id, id(1));
  EXPECT_EQ(moved.pepper, 2u);
  auto reuse = suite::token(3);
  reuse.hash = digest(1);
  commit({Insert<Token>{reuse}});
}

TEST_P(LedgerSuite, LastUseNeverMovesBackwards) {
  commit({Insert<Token>{suite::token(1)}});
  const auto from = net::Address::v4({192, 0, 2, 1});
  const auto later = net::Address::v6({0x20, 0x01, 0x0d, 0xb8});
  const std::vector<LastUse> uses = {{id(1), at(20), later}, {id(1), at(10), from}, {id(77), at(10), from}};
  ASSERT_TRUE(ledger_->note_uses(uses));
  EXPECT_EQ(token(id(1)).last_used, at(20));
  EXPECT_EQ(token(id(1)).last_address, later);
  EXPECT_EQ(token(id(1)).version, 1u);
  const std::vector<LastUse> next = {{id(1), at(30), {}}};
  ASSERT_TRUE(ledger_->note_uses(next));
  EXPECT_EQ(token(id(1)).last_used, at(30));
  EXPECT_TRUE(token(id(1)).last_address.is_none());
  // An update made from an older reading does not turn it back.
  auto edited = suite::token(1);
  edited.name = "edited";
  commit({Update<Token>{edited}});
  EXPECT_EQ(token(id(1)).last_used, at(30));
}

TEST_P(LedgerSuite, UsesOfADayAddUpAndAreForgotten) {
  const auto from = net::Address::v4({192, 0, 2, 0}), to = net::Address::v4({198, 51, 100, 0});
  const auto day = static_cast<std::uint32_t>(at(0).seconds() / 86400);
  const auto midnight = Instant::from_seconds((day + 1) * 86400LL);
  const std::vector<DayUse> first = {{id(1), day, 3, at(1), from, "curl/8"}, {id(2), day, 1, at(1), {}, ""}};
  const std::vector<DayUse> then = {{id(1), day, 4, at(2), to, "bot/1"}, {id(1), day + 1, 1, at(3), from, ""}};
  ASSERT_TRUE(ledger_->note_days(first));
  ASSERT_TRUE(ledger_->note_days(then));
  const auto days = ledger_->days_of(id(1)).value();
  ASSERT_EQ(days.size(), 2u);
  EXPECT_EQ(days[0].day, day + 1);
  EXPECT_EQ(days[1].count, 7u);
  EXPECT_EQ(days[1].last, at(2));
  EXPECT_EQ(days[1].network, to);
  EXPECT_EQ(days[1].agent, "bot/1");
  EXPECT_TRUE(ledger_->days_of(id(3)).value().empty());
  EXPECT_EQ(ledger_->purge(at(0), midnight, 1).value().days, 1u);
  EXPECT_EQ(ledger_->purge(at(0), midnight, 9).value().days, 1u);
  EXPECT_EQ(ledger_->days_of(id(1)).value().size(), 1u);
  EXPECT_TRUE(ledger_->days_of(id(2)).value().empty());
}

TEST_P(LedgerSuite, OfAQuotaTheNewestWordStands) {
  ASSERT_TRUE(ledger_->note_quotas(std::vector<QuotaUse>{{ulid(1), 5, 6, 0}, {ulid(2), (19000ULL << 40) + 3, 0, 1ULL << 50}}));
  ASSERT_TRUE(ledger_->note_quotas(std::vector<QuotaUse>{{ulid(1), 7, 8, 9}}));
  const auto all = ledger_->quotas().value();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].day, 7u);
  EXPECT_EQ(all[0].month, 8u);
  EXPECT_EQ(all[0].credits, 9u);
  EXPECT_EQ(all[1].credits, 1ULL << 50);
  EXPECT_EQ(all[1].subject, ulid(2));
  EXPECT_EQ(all[1].day, (19000ULL << 40) + 3);
}

TEST_P(LedgerSuite, SettingsAreListedByTheBeginningOfTheirNames) {
  commit({PutSetting{{"policy.a", "1", 0}}, PutSetting{{"policy.b", "2", 0}}, PutSetting{{"network.x", "3", 0}},
          PutSetting{{"policyz", "4", 0}}});
  EXPECT_EQ(ledger_->settings("policy.").value().size(), 2u);
  EXPECT_EQ(ledger_->settings("network.").value().size(), 1u);
  EXPECT_EQ(ledger_->settings().value().size(), 4u);
}

TEST_P(LedgerSuite, AListingShowsWhatFitsEveryFilter) {
  auto a = suite::token(1), b = full_token(2), c = suite::token(3), d = suite::token(4), e = suite::token(5);
  b.overlap_until.reset();
  c.expires = at(100);
  d.overlap_until = at(100);
  e.device = DeviceId(ulid(44));
  for (const auto& t : {a, b, c, d, e}) commit({Insert<Token>{t}});
  commit({end(TokensOf{a.id})});
  const auto list = [this](const TokenFilter& f, std::int64_t now) { return ids(ledger_->tokens(f, {}, at(now)).value()); };
  using Ids = std::vector<TokenId>;
  using Show = TokenFilter::Show;
  TokenFilter f;
  EXPECT_EQ(list(f, 0), (Ids{id(5), id(4), id(3), id(2), id(1)}));
  f.show = Show::Live;
  EXPECT_EQ(list(f, 99), (Ids{id(5), id(4), id(3), id(2)}));
  EXPECT_EQ(list(f, 100), (Ids{id(5), id(2)}));
  f.show = Show::Ended;
  EXPECT_EQ(list(f, 99), (Ids{id(1)}));
  EXPECT_EQ(list(f, 100), (Ids{id(4), id(3), id(1)}));
  f = {};
  f.principal = b.principal;
  EXPECT_EQ(list(f, 0), Ids{id(2)});
  f.principal = PrincipalId(PrincipalKind::User, b.principal.ulid());
  EXPECT_EQ(list(f, 0), Ids{});
  f = {};
  f.device = e.device;
  EXPECT_EQ(list(f, 0), Ids{id(5)});
  f.client = b.client;
  EXPECT_EQ(list(f, 0), Ids{});
  f.device = b.device;
  EXPECT_EQ(list(f, 0), Ids{id(2)});
  f = {};
  f.api = a.api;
  f.kind = opaque::Kind::Key;
  EXPECT_EQ(list(f, 0), Ids{id(2)});
  f = {};
  f.family = id(1);
  EXPECT_EQ(list(f, 0), (Ids{id(2), id(1)}));
  f = {};
  f.expires_before = at(101);
  EXPECT_EQ(list(f, 0), Ids{id(3)});
  f = {};
  f.unused_since = at(1);
  EXPECT_EQ(list(f, 0), (Ids{id(5), id(4), id(3), id(1)}));
}

TEST_P(LedgerSuite, TokenListingsArePagedNewestFirst) {
  for (std::uint64_t n = 1; n <= 7; ++n) commit({Insert<Token>{suite::token(n)}});
  TokenFilter f;
  f.principal = suite::token(1).principal;
  std::vector<TokenId> seen;
  PageOf<TokenId> page{std::nullopt, 3};
  for (;;) {
    const auto part = ids(ledger_->tokens(f, page, at(0)).value());
    if (part.empty()) break;
    seen.insert(seen.end(), part.begin(), part.end());
    page.before = part.back();
  }
  EXPECT_EQ(seen.size(), 7u);
  EXPECT_TRUE(std::is_sorted(seen.rbegin(), seen.rend()));
  EXPECT_TRUE(ledger_->tokens({}, {std::nullopt, 0}, at(0)).value().empty());
}

TEST_P(LedgerSuite, AScanSeesEveryToken) {
  commit({Insert<Token>{suite::token(1)}, Insert<Token>{full_token(2)}, Insert<Token>{suite::token(6)}});
  commit({end(TokensOf{id(6)})});
  Collect all;
  ASSERT_TRUE(ledger_->scan_tokens(all));
  std::sort(all.seen.begin(), all.seen.end());
  EXPECT_EQ(all.seen, (std::vector<std::string>{show(suite::token(1)), show(full_token(2)), show(token(id(6)))}));
  Collect one;
  one.limit = 1;
  ASSERT_TRUE(ledger_->scan_tokens(one));
  EXPECT_EQ(one.seen.size(), 1u);
}

TEST_P(LedgerSuite, APurgeTakesSmallStepsAndOnlyWhatIsPast) {
  for (std::uint64_t n = 1; n <= 4; ++n) {
    auto t = suite::token(n);
    t.expires = at(static_cast<std::int64_t>(n) * 10);
    commit({Insert<Token>{t}});
  }
  commit({Insert<Token>{suite::token(5)}, Insert<Token>{suite::token(6)}, end(TokensOf{id(5)})});  // ended at 50
  commit({Insert<SavedAnswer>{{digest(1), digest(2), {1}, at(60)}}, RevokeJwt{{id(9), at(60), at(1)}}});
  const auto nothing = ledger_->purge(at(59), at(10), 100).value();
  EXPECT_EQ(nothing.tokens + nothing.answers + nothing.jwts, 0u);
  Notes notes;
  ledger_->follow(&notes);
  EXPECT_EQ(ledger_->purge(at(59), at(31), 2).value().tokens, 2u);
  EXPECT_EQ(ledger_->purge(at(59), at(31), 2).value().tokens, 1u);
  ASSERT_EQ(notes.all.size(), 3u);
  std::set<TokenId> forgotten;
  for (const auto& e : notes.all) forgotten.insert(std::get<TokenForgotten>(e).id);
  EXPECT_EQ(forgotten, (std::set<TokenId>{id(1), id(2), id(3)}));
  EXPECT_EQ(ledger_->purge(at(59), at(50), 100).value().tokens, 1u);
  EXPECT_TRUE(ledger_->token(id(5)).value());
  const auto rest = ledger_->purge(at(60), at(51), 100).value();
  EXPECT_EQ(rest.tokens, 1u);
  EXPECT_EQ(rest.answers, 1u);
  EXPECT_EQ(rest.jwts, 0u) << "the clock may be set back";
  EXPECT_EQ(ledger_->purge(at(60 + 86399), at(51), 100).value().jwts, 0u);
  EXPECT_EQ(ledger_->purge(at(60 + 86400), at(51), 100).value().jwts, 1u);
  EXPECT_FALSE(ledger_->token(id(5)).value());
  EXPECT_TRUE(ledger_->token(id(6)).value());
  EXPECT_FALSE(ledger_->token_by_hash(digest(1)).value());
}

}  // namespace jeton::stores::suite
