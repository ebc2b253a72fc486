// Callers that must not wait: what is in memory is read, what is to be written is promised, and the rest is late.
#include <atomic>

#include <gtest/gtest.h>

#include "ground/hurry.h"
#include "stores/ledger_suite.h"
#include "stores/sqlite/ledger.h"

namespace jeton::sqlite {
namespace {

using namespace ledger;
using namespace stores::suite;

class InAHurry : public ::testing::Test {
 protected:
  InAHurry() {
    auto made = open(folder_.file("ledger.db"));
    ledger_ = made ? std::move(*made) : nullptr;
    EXPECT_TRUE(
        ledger_->commit({Insert<Api>{api(1)}, Insert<Principal>{principal(1)}, Insert<Client>{client(1)}, Insert<Token>{full_token(1)}}));
  }
  // Whether what was promised came true.
  static bool kept(Hurry::Promise promise) {
    std::atomic<int> told = 0;
    promise([&](bool yes) {
      told = yes ? 1 : 2;
      told.notify_one();
    });
    told.wait(0);
    return told == 1;
  }

  Folder folder_;
  std::unique_ptr<Ledger> ledger_;
};

TEST_F(InAHurry, WhatIsNotInMemoryIsLate) {
  Hurry hurry;
  EXPECT_FALSE(ledger_->token_but_use(full_token(1).id));
  EXPECT_TRUE(hurry.is_late());
}

TEST_F(InAHurry, WhatWasAskedForBeforeIsInMemory) {
  const auto id = full_token(1).id;
  ASSERT_TRUE(ledger_->api_at(api(1).audience));
  ASSERT_TRUE(ledger_->client(client(1).id));
  ASSERT_TRUE(ledger_->token_but_use(id));
  Hurry hurry;
  EXPECT_EQ((*ledger_->api_at(api(1).audience))->id, api(1).id);
  EXPECT_EQ((*ledger_->client(client(1).id))->id, client(1).id);
  EXPECT_EQ((*ledger_->token_but_use(id))->id, id);
  EXPECT_FALSE(hurry.is_late());
}

// Who was found by name is known by id, until that changes.
TEST_F(InAHurry, WhoWasFoundByNameIsKnownById) {
  auto one = ledger_->principal_named(PrincipalKind::User, principal(1).name).value().value();
  {
    Hurry hurry;
    EXPECT_EQ((*ledger_->principal(one.id))->name, one.name);
    EXPECT_FALSE(hurry.is_late());
  }
  one.standing = Standing::Disabled;
  ASSERT_TRUE(ledger_->commit({Update<Principal>{one}}));
  EXPECT_EQ(ledger_->principal(one.id).value().value().standing, Standing::Disabled);
  EXPECT_EQ(ledger_->principal_named(PrincipalKind::User, one.name).value().value().standing, Standing::Disabled);
}

// Or a client that was disabled could go on, and a grant that has ended.
TEST_F(InAHurry, WhatACommitChangedIsForgotten) {
  const auto id = full_token(1).id;
  ASSERT_FALSE((*ledger_->token_but_use(id))->ended);
  auto changed = *std::move(*ledger_->client(client(1).id));
  changed.standing = Standing::Disabled;
  ASSERT_TRUE(ledger_->commit({Update<Client>{changed}, end(TokensOf(id))}));
  EXPECT_EQ((*ledger_->client(changed.id))->standing, Standing::Disabled);
  EXPECT_TRUE((*ledger_->token_but_use(id))->ended);
}

TEST_F(InAHurry, ACommitIsPromisedAndBegunByWhoTakesThePromise) {
  Hurry::Promise promise;
  {
    Hurry hurry;
    EXPECT_TRUE(ledger_->commit({Insert<Token>{full_token(2)}}));
    EXPECT_FALSE(hurry.is_late());
    promise = hurry.take_promise();
  }
  EXPECT_FALSE(*ledger_->token(full_token(2).id));
  EXPECT_TRUE(kept(std::move(promise)));
  EXPECT_TRUE(*ledger_->token(full_token(2).id));
}

TEST_F(InAHurry, APromiseThatCannotBeKeptChangesNothing) {
  Hurry::Promise promise;
  {
    Hurry hurry;
    EXPECT_TRUE(ledger_->commit({Insert<Token>{full_token(3)}, Insert<Token>{full_token(1)}}));
    promise = hurry.take_promise();
  }
  EXPECT_FALSE(kept(std::move(promise)));
  EXPECT_FALSE(*ledger_->token(full_token(3).id));
}

// What ended is known when it has been written, and callers ask for it.
TEST_F(InAHurry, ARevocationIsLate) {
  Hurry hurry;
  EXPECT_FALSE(ledger_->commit({end(TokensOf(full_token(1).id))}));
  EXPECT_TRUE(hurry.is_late());
}

TEST_F(InAHurry, ASecondCommitIsLate) {
  Hurry hurry;
  EXPECT_TRUE(ledger_->commit({Insert<Token>{full_token(2)}}));
  EXPECT_FALSE(ledger_->commit({Insert<Token>{full_token(3)}}));
  EXPECT_TRUE(hurry.is_late());
}

}  // namespace
}  // namespace jeton::sqlite
