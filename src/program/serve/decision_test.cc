// Decisions of the verifier over a ledger in memory, with time as an argument.
#include "blocks/json/value.h"
#include "ground/base64url.h"
#include "program/serve/building_suite.h"

namespace jeton::serve {
namespace {

using verify::Reason;
using Decisions = BuildingSuite;

TEST_F(Decisions, ALivingTokenIsAllowedUntilTheVerySecondItExpires) {
  auto d = draft();
  d.expires = now_ + Seconds(60);
  const auto token = text_of(born(std::move(d)).text);
  now_ = now_ + Millis(59'999);
  EXPECT_EQ(reason(token), Reason::Allowed);
  now_ = now_ + Millis(1);
  EXPECT_EQ(reason(token), Reason::Expired) << "the end is exclusive";
}

TEST_F(Decisions, EveryOtherSpellingOfATokenIsRefused) {
  const auto token = text_of(born(draft()).text);
  EXPECT_EQ(reason(token), Reason::Allowed);
  EXPECT_EQ(reason(""), Reason::NoToken);
  for (std::size_t i = 0; i < token.size(); ++i) {
    auto changed = token;
    changed[i] = changed[i] == 'a' ? 'b' : 'a';
    EXPECT_NE(reason(changed), Reason::Allowed) << i;
    EXPECT_NE(reason(token.substr(0, i)), Reason::Allowed) << i;
  }
  EXPECT_NE(reason(token + "a"), Reason::Allowed);
  EXPECT_NE(reason(" " + token), Reason::Allowed);
}

TEST_F(Decisions, RevokedIsRefusedAtOnceAndForGood) {
  const auto b = born(draft());
  const auto token = text_of(b.text);
  revoke(b.record.id);
  EXPECT_EQ(reason(token), Reason::Revoked);
  auto record = *rooms().tokens.find(b.record.id);
  record.name = "again";
  EXPECT_FALSE(rooms().tokens.update(record, doing()));
  EXPECT_EQ(reason(token), Reason::Revoked);
}

TEST_F(Decisions, FirstUseOfTheSuccessorEndsTheOldOneInMemoryAndThenInTheLedger) {
  const auto old = born(draft());
  const auto next = *rooms().tokens.rotate(old.record.id, {}, doing());
  EXPECT_EQ(reason(text_of(old.text)), Reason::Allowed);
  EXPECT_EQ(reason(text_of(next.text)), Reason::Allowed);
  EXPECT_EQ(reason(text_of(old.text)), Reason::RotatedOut);
  EXPECT_FALSE(rooms().tokens.find(old.record.id)->ended);
  ASSERT_TRUE(rooms().upkeep.act_on_events(now_));
  EXPECT_EQ(rooms().tokens.find(old.record.id)->end_reason, ledger::EndReason::RotatedOut);
}

TEST_F(Decisions, AChangeOfTheOldRecordDoesNotBringItBack) {
  const auto old = born(draft());
  const auto next = *rooms().tokens.rotate(old.record.id, {}, doing());
  EXPECT_EQ(reason(text_of(next.text)), Reason::Allowed);
  auto record = *rooms().tokens.find(old.record.id);
  record.name = "renamed before the ledger heard of its end";
  ASSERT_TRUE(rooms().tokens.update(record, doing()));
  EXPECT_EQ(reason(text_of(old.text)), Reason::RotatedOut);
}

TEST_F(Decisions, OverlapEndsAtItsDeadline) {
  const auto old = born(draft());
  const auto next =
      *rooms().tokens.rotate(old.record.id, {.overlap = Seconds(100), .until = ledger::Overlap::Deadline, .expires = {}}, doing());
  EXPECT_EQ(reason(text_of(next.text)), Reason::Allowed);
  now_ = now_ + Seconds(99);
  EXPECT_EQ(reason(text_of(old.text)), Reason::Allowed);
  now_ = now_ + Seconds(1);
  EXPECT_EQ(reason(text_of(old.text)), Reason::RotatedOut);
}

TEST_F(Decisions, AJwtDiesWithWhateverItHangsOn) {
  const auto parent = born(draft({"orders:read", "orders:write"}));
  const auto jwt = exchanged(parent.record, {"orders:read"});
  EXPECT_EQ(reason(jwt), Reason::Allowed);
  EXPECT_EQ(reason(jwt, {"orders", "orders:write", {}, {}, {}}), Reason::Scope);
  ASSERT_TRUE(rooms().principals.set_standing(ada_.id, ledger::Standing::Disabled, doing()));
  EXPECT_EQ(reason(jwt), Reason::PrincipalEnded);
  ASSERT_TRUE(rooms().principals.set_standing(ada_.id, ledger::Standing::Active, doing()));
  EXPECT_EQ(reason(jwt), Reason::Allowed);
  revoke(parent.record.id);
  EXPECT_EQ(reason(jwt), Reason::Revoked);
}

TEST_F(Decisions, AJwtLivesNoLongerThanItSays) {
  const auto jwt = exchanged(born(draft()).record);
  now_ = now_ + api_.access_ttl - Seconds(1);
  EXPECT_EQ(reason(jwt), Reason::Allowed);
  now_ = now_ + Seconds(1);
  EXPECT_EQ(reason(jwt), Reason::Expired);
}

TEST_F(Decisions, AJwtIsRevokedByItself) {
  const auto parent = born(draft());
  const auto jwt = exchanged(parent.record), other = exchanged(parent.record);
  EXPECT_EQ(reason(jwt), Reason::Allowed);
  const auto first = jwt.find('.') + 1;
  const auto claims = json::parse(as_text(*base64url::decode(std::string_view(jwt).substr(first, jwt.rfind('.') - first))));
  const auto jti = TokenId::parse(claims->string_at("jti").value());
  ASSERT_TRUE(jti);
  ASSERT_TRUE(rooms().ledger.commit({ledger::RevokeJwt{{*jti, now_ + Seconds(600), now_}}}));
  EXPECT_EQ(reason(jwt), Reason::Revoked);
  EXPECT_EQ(reason(other), Reason::Allowed);
  EXPECT_EQ(reason(text_of(parent.text)), Reason::Allowed);
}

TEST_F(Decisions, AJwtOfARetiredKeyIsRefusedAlsoWhereItWasSeenBefore) {
  const auto parent = born(draft());
  const auto jwt = exchanged(parent.record);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(reason(jwt), Reason::Allowed);
  const auto old = *rooms().signing_keys.ring()->signer(crypto::SignAlg::ES256, ApiId());
  ASSERT_TRUE(rooms().signing_keys.rotate(crypto::SignAlg::ES256, ApiId(), doing()));
  EXPECT_EQ(reason(jwt), Reason::Allowed);
  ASSERT_TRUE(rooms().signing_keys.retire(old.id, keys::SigningKeys::Retirement::EndNow, doing()));
  EXPECT_EQ(reason(jwt), Reason::UnknownKey);
  EXPECT_EQ(reason(exchanged(parent.record)), Reason::Allowed);
}

TEST_F(Decisions, UseOfAJwtCountsAsUseOfItsParent) {
  const auto parent = born(draft());
  const auto address = *net::Address::parse("198.51.100.7");
  ASSERT_EQ(reason(exchanged(parent.record), {{}, {}, {}, {}, address}), Reason::Allowed);
  ASSERT_TRUE(rooms().upkeep.write_uses());
  EXPECT_EQ(rooms().tokens.find(parent.record.id)->last_address, address);
}

TEST_F(Decisions, AnExchangeNeitherWidensNorGoesOn) {
  auto parent = born(draft({"orders:read"})).record;
  const auto minted = [&](ledger::Scopes scopes) {
    return rooms().access_tokens.mint({parent, api_, std::move(scopes), std::nullopt}, *rooms().signing_keys.ring(), doing());
  };
  EXPECT_TRUE(minted({"orders:read"}));
  EXPECT_TRUE(minted({"orders:read", "orders:write"}).error().is(Refusal::Denied));
  parent.kind = opaque::Kind::At;
  EXPECT_TRUE(minted({"orders:read"}).error().is(Refusal::Denied)) << "what was exchanged is not exchanged again";
}

// A session's cookie, a code, a refresh token and a client's secret stand in the ledger too, and open no API.
TEST_F(Decisions, WhatIsNoBearerTokenOpensNoApi) {
  for (const auto kind : {opaque::Kind::Pat, opaque::Kind::Key, opaque::Kind::At, opaque::Kind::Ses, opaque::Kind::Rt, opaque::Kind::Ac}) {
    auto made = *mint::handle(rooms().ledger, rooms().peppers, kind, rooms().entropy);
    auto token = born(draft()).record;
    token.id = token.family = *TokenId::make(now_, rooms().entropy);
    token.kind = kind;
    token.hash = made.hash;
    ASSERT_TRUE(rooms().ledger.commit({ledger::Insert<ledger::Token>{std::move(token)}}));
    const bool bearer = kind == opaque::Kind::Pat || kind == opaque::Kind::Key || kind == opaque::Kind::At;
    EXPECT_EQ(reason(text_of(made.text)), bearer ? Reason::Allowed : Reason::Malformed) << opaque::name(kind);
  }
}

// Each alone, as a record that changed: that the ledger ends the tokens too is another matter.
TEST_F(Decisions, WhoeverATokenHangsOnTakesItAlong) {
  ledger::Device draft_of_phone;
  draft_of_phone.principal = ada_.id;
  draft_of_phone.name = "phone";
  ledger::Client draft_of_shop;
  draft_of_shop.name = "shop";
  auto phone = *rooms().devices.create(draft_of_phone, doing());
  auto shop = rooms().clients.create(draft_of_shop, doing())->record;
  const auto of = [&](const DeviceId& device, const ClientId& client) {
    auto made = *mint::handle(rooms().ledger, rooms().peppers, opaque::Kind::At, rooms().entropy);
    auto token = born(draft()).record;
    token.id = token.family = *TokenId::make(now_, rooms().entropy);
    token.kind = opaque::Kind::At;
    token.hash = made.hash;
    token.device = device;
    token.client = client;
    EXPECT_TRUE(rooms().ledger.commit({ledger::Insert<ledger::Token>{std::move(token)}}));
    return text_of(made.text);
  };
  const auto on_phone = of(phone.id, ClientId()), in_shop = of(DeviceId(), shop.id), alone = of(DeviceId(), ClientId());
  for (const auto& token : {on_phone, in_shop, alone}) EXPECT_EQ(reason(token), Reason::Allowed);
  phone.revoked = now_;
  shop.standing = ledger::Standing::Disabled;
  ASSERT_TRUE(rooms().ledger.commit({ledger::Update<ledger::Device>{phone}, ledger::Update<ledger::Client>{shop}}));
  EXPECT_EQ(reason(on_phone), Reason::DeviceRevoked);
  EXPECT_EQ(reason(in_shop), Reason::ClientEnded);
  EXPECT_EQ(reason(alone), Reason::Allowed);
}

TEST_F(Decisions, AScopeIsAWholeWord) {
  const auto token = text_of(born(draft({"orders:read"})).text);
  const auto asked = [](std::string_view scope) {
    return verify::Asked{.api = {}, .scope = scope, .method = {}, .path = {}, .address = {}};
  };
  EXPECT_EQ(reason(token, asked("orders:read")), Reason::Allowed);
  for (const auto* part : {"orders:rea", "rders:read", "orders", "read", "orders:read:all", "orders:read orders:write"})
    EXPECT_EQ(reason(token, asked(part)), Reason::Scope) << part;
}

TEST_F(Decisions, ATokenIsForItsOwnApi) {
  ledger::Api other;
  other.name = "billing";
  other.audience = "https://billing.example.com";
  other.scopes = {"orders:read"};
  ASSERT_TRUE(rooms().apis.create(other, doing()));
  const auto parent = born(draft());
  const auto asked = [](std::string_view api) { return verify::Asked{.api = api, .scope = {}, .method = {}, .path = {}, .address = {}}; };
  for (const auto& token : {text_of(parent.text), exchanged(parent.record)}) {
    EXPECT_EQ(reason(token, asked("orders")), Reason::Allowed);
    EXPECT_EQ(reason(token, asked("billing")), Reason::WrongApi);
    EXPECT_EQ(reason(token, asked("https://billing.example.com")), Reason::WrongApi);
    EXPECT_EQ(reason(token, asked("nobody")), Reason::NoSuchApi);
  }
}

TEST_F(Decisions, ARouteTableThatIsNotToldThePathLetsNothingIn) {
  auto api = api_;
  api.routes = {"GET /orders/** orders:read"};
  api_ = *rooms().apis.update(api, doing());
  const auto token = text_of(born(draft()).text);
  EXPECT_EQ(reason(token, {"orders", {}, "GET", "/orders/1", {}}), Reason::Allowed);
  EXPECT_EQ(reason(token, {"orders", {}, "PUT", "/orders/1", {}}), Reason::NoRoute);
  EXPECT_EQ(reason(token, {"orders", {}, {}, {}, {}}), Reason::Allowed);
  verify::Asked unsaid{"orders", {}, {}, {}, {}};
  unsaid.path_unsaid = true;
  EXPECT_EQ(reason(token, unsaid), Reason::PathUnsaid);
}

TEST_F(Decisions, AllowListsRefuseWhereNoAddressIsKnown) {
  auto d = draft();
  d.network.allow = {*net::Prefix::parse("192.0.2.0/24")};
  const auto token = text_of(born(std::move(d)).text);
  EXPECT_EQ(reason(token), Reason::Network);
  EXPECT_EQ(reason(token, {{}, {}, {}, {}, *net::Address::parse("192.0.2.9")}), Reason::Allowed);
  EXPECT_EQ(reason(token, {{}, {}, {}, {}, *net::Address::parse("192.0.3.9")}), Reason::Network);
}

TEST_F(Decisions, OldPeppersStillFindOldTokens) {
  const auto before = text_of(born(draft()).text);
  ASSERT_TRUE(rooms().pepper_lives.rotate(doing()));
  EXPECT_EQ(reason(before), Reason::Allowed);
  EXPECT_EQ(reason(text_of(born(draft()).text)), Reason::Allowed);
}

}  // namespace
}  // namespace jeton::serve
