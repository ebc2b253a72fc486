// What every store must do with credentials and with what may be used once.
#include <atomic>
#include <barrier>
#include <thread>

#include "stores/ledger_suite.h"

namespace jeton::stores::suite {

using namespace ledger;

namespace {

Credential credential(std::uint64_t n, CredentialKind kind, const PrincipalId& of) {
  Credential r;
  r.id = CredentialId(ulid(n));
  r.principal = of;
  r.kind = kind;
  r.name = "blue key";
  if (kind == CredentialKind::Passkey) r.handle = "handle-" + std::to_string(n);
  r.sealed = {0, 1, 255};
  r.counter = 7;
  r.created = r.updated = at(1);
  return r;
}

Ticket ticket(std::uint64_t n, TicketKind kind = TicketKind::Code) {
  Ticket r;
  r.id = digest(n);
  r.kind = kind;
  r.token = TokenId(ulid(1));
  r.principal = PrincipalId(PrincipalKind::User, ulid(2));
  r.client = ClientId(ulid(3));
  r.data = R"({"nonce":"n"})";
  r.created = at(0);
  r.expires = at(60);
  return r;
}

Consume consume(std::uint64_t n, Instant when = at(1)) { return {digest(n), TicketKind::Code, when, {9}}; }

}  // namespace

TEST_P(LedgerSuite, CredentialsComeBackAsTheyWere) {
  const auto ann = principal(1);
  const auto key = credential(2, CredentialKind::Passkey, ann.id);
  commit({Insert<Credential>{credential(1, CredentialKind::Password, ann.id)}, Insert<Credential>{key}});
  const auto all = ledger_->credentials(ann.id).value();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].kind, CredentialKind::Password);
  EXPECT_EQ(all[0].sealed, (Bytes{0, 1, 255}));
  EXPECT_EQ(all[0].counter, 7u);
  EXPECT_EQ(all[1].name, "blue key");
  EXPECT_EQ(all[1].last_used, std::nullopt);
  EXPECT_EQ(ledger_->credential_by_handle(key.handle).value().value().id, key.id);
  EXPECT_FALSE(ledger_->credential_by_handle("").value());
  EXPECT_TRUE(ledger_->credentials(PrincipalId(PrincipalKind::User, ulid(9))).value().empty());
  commit({key.id});
  EXPECT_FALSE(ledger_->credential_by_handle(key.handle).value());
  EXPECT_TRUE(refused({key.id}, Refusal::NotFound));
}

TEST_P(LedgerSuite, APersonHasOnePasswordAndAHandleNamesOnePasskey) {
  const auto ann = principal(1), bob = principal(2);
  commit({Insert<Credential>{credential(1, CredentialKind::Password, ann.id)},
          Insert<Credential>{credential(2, CredentialKind::Passkey, ann.id)}});
  EXPECT_TRUE(refused({Insert<Credential>{credential(3, CredentialKind::Password, ann.id)}}));
  commit({Insert<Credential>{credential(4, CredentialKind::Password, bob.id)},
          Insert<Credential>{credential(5, CredentialKind::Passkey, ann.id)}});
  auto copied = credential(6, CredentialKind::Passkey, bob.id);
  copied.handle = credential(2, CredentialKind::Passkey, ann.id).handle;
  EXPECT_TRUE(refused({Insert<Credential>{copied}}));
  // The counter moves by version: of two that saw the same one, one wins.
  auto once = ledger_->credentials(bob.id).value()[0];
  once.counter = 8;
  commit({Update<Credential>{once}});
  EXPECT_TRUE(refused({Update<Credential>{once}}));
}

TEST_P(LedgerSuite, ATicketComesBackAsItWasAndIsUsedOnce) {
  auto wanted = ticket(1);
  wanted.sealed = {1, 2};
  commit({Insert<Ticket>{wanted}});
  auto got = ledger_->ticket(wanted.id).value().value();
  EXPECT_EQ(got.kind, wanted.kind);
  EXPECT_EQ(got.token, wanted.token);
  EXPECT_EQ(got.principal, wanted.principal);
  EXPECT_EQ(got.client, wanted.client);
  EXPECT_EQ(got.data, wanted.data);
  EXPECT_EQ(got.sealed, wanted.sealed);
  EXPECT_EQ(got.expires, wanted.expires);
  EXPECT_EQ(got.used, std::nullopt);
  commit({consume(1)});
  got = ledger_->ticket(wanted.id).value().value();
  EXPECT_EQ(got.used, at(1));
  EXPECT_EQ(got.sealed, Bytes{9});
  EXPECT_EQ(got.version, 2u);
  EXPECT_TRUE(refused({consume(1)}));
}

TEST_P(LedgerSuite, ATicketOfAnotherKindOrPastItsEndIsNotThere) {
  commit({Insert<Ticket>{ticket(1)}});
  EXPECT_TRUE(refused({consume(2)}, Refusal::NotFound));
  EXPECT_TRUE(refused({consume(1, at(60))}, Refusal::NotFound));
  EXPECT_TRUE(refused({Consume{digest(1), TicketKind::Refresh, at(1), {}}}, Refusal::NotFound));
  commit({consume(1, at(59))});
}

TEST_P(LedgerSuite, ATicketsIdIsFreeOnceItExpired) {
  commit({Insert<Ticket>{ticket(1, TicketKind::Seen)}});
  auto again = ticket(1, TicketKind::Seen);
  again.created = at(59);
  again.expires = at(90);
  EXPECT_TRUE(refused({Insert<Ticket>{again}}));
  again.created = at(60);
  commit({Insert<Ticket>{again}});
  EXPECT_EQ(ledger_->ticket(again.id).value().value().expires, at(90));
  EXPECT_EQ(ledger_->ticket(again.id).value().value().version, 1u);
}

TEST_P(LedgerSuite, ARefusedBatchLeavesTheTicketUnused) {
  commit({Insert<Ticket>{ticket(1)}, Insert<Token>{suite::token(1)}});
  EXPECT_TRUE(refused({consume(1), Insert<Token>{suite::token(1)}}));
  EXPECT_EQ(ledger_->ticket(digest(1)).value().value().used, std::nullopt);
  commit({consume(1), Insert<Token>{suite::token(2)}});
}

TEST_P(LedgerSuite, ExpiredTicketsArePurged) {
  auto later = ticket(2);
  later.expires = at(1000);
  commit({Insert<Ticket>{ticket(1)}, Insert<Ticket>{later}});
  EXPECT_EQ(ledger_->purge(at(60), at(0), 10).value().tickets, 1u);
  EXPECT_FALSE(ledger_->ticket(digest(1)).value());
  EXPECT_TRUE(ledger_->ticket(digest(2)).value());
}

TEST_P(LedgerSuite, ConcurrentUseOfATicketLetsOneThrough) {
  for (std::uint64_t round = 0; round < 20; ++round) {
    const auto n = 100 + round;
    commit({Insert<Ticket>{ticket(n)}});
    std::atomic<int> won = 0, lost = 0, seen = 0;
    std::barrier start(20);
    {
      std::vector<std::jthread> threads;
      for (int i = 0; i < 20; ++i)
        threads.emplace_back([&, i] {
          start.arrive_and_wait();
          const auto born = 1 + round * 20 + static_cast<std::uint64_t>(i);
          const auto done = ledger_->commit({consume(n), Insert<Token>{suite::token(born)}});
          if (done) ++won;
          else if (done.error().is(Refusal::Conflict)) ++lost;
          auto mark = ticket(10'000 + round, TicketKind::Seen);
          if (ledger_->commit({Insert<Ticket>{mark}})) ++seen;
        });
    }
    EXPECT_EQ(won, 1);
    EXPECT_EQ(lost, 19);
    EXPECT_EQ(seen, 1);
  }
  // What the losers would have made is not there.
  EXPECT_EQ(ledger_->tokens({}, {std::nullopt, 1000}, at(0)).value().size(), 20u);
}

TEST_P(LedgerSuite, WhatHangsOnASessionEndsWithItOverAllSteps) {
  auto session = suite::token(1), grant = suite::token(2), access = suite::token(3), other = suite::token(4);
  session.kind = opaque::Kind::Ses;
  grant.kind = opaque::Kind::Rt;
  grant.parent = session.id;
  access.kind = opaque::Kind::At;
  access.parent = grant.id;
  commit({Insert<Token>{session}, Insert<Token>{grant}, Insert<Token>{access}, Insert<Token>{other}});
  const auto done = commit({end(TokensOf{session.id})});
  EXPECT_EQ(done.ended.size(), 3u);
  EXPECT_TRUE(token(access.id).ended);
  EXPECT_FALSE(token(other.id).ended);
}

TEST_P(LedgerSuite, TheKeyATokenIsBoundToStays) {
  auto bound = suite::token(1);
  bound.confirmation = R"({"jkt":"x"})";
  commit({Insert<Token>{bound}});
  auto changed = token(bound.id);
  EXPECT_EQ(changed.confirmation, bound.confirmation);
  changed.confirmation.clear();
  commit({Update<Token>{changed}});
  EXPECT_EQ(token(bound.id).confirmation, bound.confirmation);
  auto app = client(1);
  app.profile = R"({"a":1})";
  commit({Insert<Client>{app}});
  EXPECT_EQ(ledger_->client(app.id).value().value().profile, app.profile);
}

}  // namespace jeton::stores::suite
