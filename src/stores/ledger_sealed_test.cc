// What is sealed under which data key and hashed under which pepper, in every store.
#include <set>

#include "stores/ledger_suite.h"
#include "stores/sealed.h"

namespace jeton::stores::suite {
namespace {

using namespace ledger;

Bytes sealed(std::uint32_t key, std::uint8_t octet) {
  const auto head = sealed_head(key);
  Bytes out(head.begin(), head.end());
  out.insert(out.end(), 40, octet);
  return out;
}

Ticket ticket(std::uint64_t n, TicketKind kind = TicketKind::Refresh) {
  Ticket t;
  t.id = digest(n);
  t.kind = kind;
  t.principal = principal(n).id;
  t.created = at(0);
  t.expires = at(1000);
  return t;
}

Credential credential(std::uint64_t n, CredentialKind kind) {
  Credential c;
  c.id = CredentialId(ulid(n));
  c.principal = principal(n).id;
  c.kind = kind;
  c.sealed = sealed(1, static_cast<std::uint8_t>(n));
  c.created = c.updated = at(0);
  return c;
}

class LedgerSealed : public LedgerSuite {
 protected:
  // One of everything that is sealed, under data key 1.
  void fill() {
    auto k = key(1);
    k.sealed_private = sealed(1, 1);
    auto a = api(1);
    a.sealed_encryption = sealed(1, 2);
    Webhook w;
    w.id = WebhookId(ulid(3));
    w.sealed_secret = sealed(1, 3);
    Stream s;
    s.id = StreamId(ulid(8));
    s.sealed_authorization = sealed(1, 8);
    auto t = ticket(5);
    t.sealed = sealed(1, 5);
    Delivery d;
    d.id = DeliveryId(ulid(6));
    d.sealed = sealed(1, 6);
    SavedAnswer answer;
    answer.key = digest(7);
    answer.sealed = sealed(1, 7);
    answer.expires = at(1000);
    commit({Insert<SigningKey>{k}, Insert<Api>{a}, Insert<Webhook>{w}, Insert<Stream>{s},
            Insert<Credential>{credential(4, CredentialKind::Totp)}, Insert<Ticket>{t}, Insert<Delivery>{d}, Insert<SavedAnswer>{answer}});
  }
};

TEST_P(LedgerSealed, EverythingIsFoundAndPutUnderAnotherKey) {
  fill();
  EXPECT_FALSE(*ledger_->nothing_sealed_under(1));
  EXPECT_TRUE(ledger_->sealed_otherwise(1, 100)->empty());
  const auto all = *ledger_->sealed_otherwise(2, 100);
  std::set<std::string> tables;
  std::vector<Change> changes;
  for (const auto& value : all) {
    tables.insert(value.table);
    auto to = value.sealed;
    to[4] = 2;
    changes.emplace_back(Reseal{value, to});
  }
  std::set<std::string> known;
  every_sealed([&](const auto& where) { known.emplace(where.table); });
  EXPECT_EQ(tables, known);
  EXPECT_EQ(ledger_->sealed_otherwise(2, 3)->size(), 3u);
  ASSERT_TRUE(ledger_->api(api(1).id).value()) << "it may be kept in memory from here on";
  commit(std::move(changes));
  EXPECT_TRUE(*ledger_->nothing_sealed_under(1));
  EXPECT_FALSE(*ledger_->nothing_sealed_under(2));
  EXPECT_TRUE(ledger_->sealed_otherwise(2, 100)->empty());
  EXPECT_EQ(ledger_->api(api(1).id).value()->sealed_encryption, sealed(2, 2));
  EXPECT_EQ(ledger_->key(key(1).id).value()->sealed_private, sealed(2, 1));
  EXPECT_EQ(ledger_->ticket(digest(5)).value()->sealed, sealed(2, 5));
  EXPECT_EQ(ledger_->answer(digest(7), at(1)).value()->sealed, sealed(2, 7));
}

TEST_P(LedgerSealed, WhatWasChangedMeanwhileStays) {
  fill();
  const auto before = *ledger_->sealed_otherwise(2, 100);
  auto fresh = *ledger_->ticket(digest(5)).value();
  const auto stale = fresh;
  fresh.sealed = sealed(1, 99);
  commit({Update<Ticket>{fresh}});
  std::vector<Change> changes;
  for (const auto& value : before) changes.emplace_back(Reseal{value, sealed(2, 0)});
  commit(std::move(changes));
  EXPECT_EQ(ledger_->ticket(digest(5)).value()->sealed, sealed(1, 99));
  // Whoever read a record before it was sealed anew does not write the old seal back.
  auto credential = ledger_->credentials(principal(4).id).value().at(0);
  --credential.version;
  EXPECT_TRUE(refused({Update<Credential>{credential}}));
}

TEST_P(LedgerSealed, AnotherColumnOrRowIsRefused) {
  fill();
  EXPECT_TRUE(refused({Reseal{{"tokens", "hash", "x", {}}, {}}}, Refusal::Invalid));
}

TEST_P(LedgerSealed, HashesAreCountedByPepper) {
  auto live = suite::token(1), ended = suite::token(2), expired = suite::token(3), session = suite::token(4), other = suite::token(5);
  live.pepper = ended.pepper = expired.pepper = session.pepper = 1;
  other.pepper = 2;
  expired.expires = at(10);
  session.kind = opaque::Kind::Ses;
  session.expires = at(10);
  auto refresh = ticket(6), gone = ticket(7), plain = ticket(8, TicketKind::Lasting);
  refresh.pepper = gone.pepper = 1;
  gone.expires = at(10);
  auto codes = credential(9, CredentialKind::RecoveryCodes);
  codes.pepper = kAnyPepper;
  commit({Insert<Token>{live}, Insert<Token>{ended}, Insert<Token>{expired}, Insert<Token>{session}, Insert<Token>{other},
          Insert<Ticket>{refresh}, Insert<Ticket>{gone}, Insert<Ticket>{plain}, Insert<Credential>{codes},
          Insert<Credential>{credential(10, CredentialKind::Totp)}});
  commit({end(TokensOf(ended.id))});
  const auto counts = *ledger_->hashes(at(500));
  EXPECT_EQ(counts.at(1).tokens, 1u);
  EXPECT_EQ(counts.at(1).ended_tokens, 2u) << "of sessions nobody asks after their end";
  EXPECT_EQ(counts.at(1).tickets, 1u);
  EXPECT_EQ(counts.at(2).tokens, 1u);
  EXPECT_EQ(counts.at(kAnyPepper).recovery_codes, 1u);
  EXPECT_FALSE(counts.contains(0));
  EXPECT_EQ(ledger_->ticket(digest(6)).value()->pepper, 1u);
}

TEST_P(LedgerSealed, LastingTicketsAreFoundByTheirUser) {
  auto one = ticket(1, TicketKind::Lasting), two = ticket(2, TicketKind::Lasting), challenge = ticket(3, TicketKind::Challenge),
       old = ticket(4, TicketKind::Lasting);
  two.principal = challenge.principal = old.principal = one.principal;
  two.created = at(5);
  old.expires = at(10);
  commit({Insert<Ticket>{two}, Insert<Ticket>{one}, Insert<Ticket>{challenge}, Insert<Ticket>{old},
          Insert<Ticket>{ticket(5, TicketKind::Lasting)}});
  const auto found = *ledger_->lasting_of(one.principal, at(20));
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].id, one.id);
  EXPECT_EQ(found[1].id, two.id);
  EXPECT_TRUE(ledger_->lasting_of(PrincipalId(), at(20))->empty());
}

INSTANTIATE_TEST_SUITE_P(Stores, LedgerSealed, testing::ValuesIn(every_store()), [](const auto& at_hand) { return at_hand.param.name; });

}  // namespace
}  // namespace jeton::stores::suite
