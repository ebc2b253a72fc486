#include "authority/audit/verification.h"

#include <gtest/gtest.h>

#include "ground/secret_pass.h"

namespace jeton::audit {
namespace {

Secret root(std::uint8_t octet = 7) {
  const std::array<std::uint8_t, 32> octets = [octet] {
    std::array<std::uint8_t, 32> o;
    o.fill(octet);
    return o;
  }();
  return Secret::copy_of(octets);
}

ChainKeys keys(std::uint8_t octet = 7) { return *ChainKeys::of(root(octet), "inst"); }

ledger::AuditEvent event(std::uint64_t n) {
  ledger::AuditEvent e;
  Ulid id;
  id.octets[14] = static_cast<std::uint8_t>(n >> 8), id.octets[15] = static_cast<std::uint8_t>(n);
  e.id = EventId(id);
  e.at = Instant::from_millis(1'800'000'000'000 + static_cast<std::int64_t>(n) * 7);
  e.actor = "uid:0";
  e.action = "token.create";
  e.target = "tok_" + std::to_string(n);
  e.detail = "{\"n\":" + std::to_string(n) + "}";
  e.request_id = "r" + std::to_string(n);
  return e;
}

// A record of events as a ledger keeps it, and the checkpoint of its end.
struct Record {
  std::vector<ledger::AuditEvent> events;
  Checkpoint checkpoint;
};

Record record(std::uint64_t count) {
  const auto k = keys();
  const Links links(k);
  Record r;
  crypto::Sha256Digest head{};
  for (std::uint64_t n = 1; n <= count; ++n) {
    auto e = event(n);
    e.number = n;
    const auto seal = links.seal(e);
    head = links.link(head, seal);
    e.seal.assign(seal.begin(), seal.end());
    e.link.assign(head.begin(), head.end());
    r.events.push_back(std::move(e));
  }
  r.checkpoint = {count, head, Instant::from_seconds(1'800'000'100)};
  return r;
}

Verdict read(const Record& r, bool with_checkpoint = true) {
  Verification v(keys(), with_checkpoint ? std::vector<Checkpoint>{r.checkpoint} : std::vector<Checkpoint>(), {});
  for (const auto& e : r.events) v.visit(e);
  return v.verdict();
}

void expect(const Record& r, Form form, std::uint64_t number) {
  const auto v = read(r);
  EXPECT_EQ(name(v.form), name(form));
  EXPECT_EQ(v.number, number);
}

// What somebody who may write the database would do to hide a change: number the rows anew.
void renumber(Record& r) {
  for (std::size_t i = 0; i < r.events.size(); ++i) r.events[i].number = i + 1;
}

TEST(AuditVerification, WhatNobodyChangedIsSound) {
  for (const auto count : {0, 1, 2, 20}) {
    const auto v = read(record(static_cast<std::uint64_t>(count)));
    EXPECT_EQ(v.form, Form::Sound) << count;
    EXPECT_EQ(v.events, static_cast<std::uint64_t>(count));
  }
}

TEST(AuditVerification, MoreThanTheCheckpointKnowsIsSound) {
  auto r = record(20);
  r.checkpoint = {15, {}, {}};
  std::copy(r.events[14].link.begin(), r.events[14].link.end(), r.checkpoint.link.begin());
  EXPECT_EQ(read(r).form, Form::Sound);
}

TEST(AuditVerification, EveryFieldThatIsEditedIsFound) {
  const std::function<void(ledger::AuditEvent&)> edits[] = {
      [](auto& e) { e.actor = "uid:1"; }, [](auto& e) { e.action = "token.revoke"; }, [](auto& e) { e.target += "x"; },
      [](auto& e) { e.detail.clear(); }, [](auto& e) { e.request_id.clear(); }, [](auto& e) { e.trace_id = "t"; },
      [](auto& e) { e.at = e.at + Millis(1); }, [](auto& e) { e.address = *net::Address::parse("192.0.2.1"); },
      [](auto& e) { e.id = event(999).id; }, [](auto& e) { e.link[3] ^= 1; }, [](auto& e) { e.seal[3] ^= 1; },
      // From one field into the next.
      [](auto& e) { e.actor += "t", e.action.erase(0, 1); }};
  for (const std::size_t at : {0u, 9u, 19u})
    for (const auto& edit : edits) {
      auto r = record(20);
      edit(r.events[at]);
      const auto v = read(r);
      EXPECT_NE(v.form, Form::Sound);
      EXPECT_EQ(v.number, at + 1);
      if (at != 19) { EXPECT_EQ(name(v.form), "edited"); }
    }
}

TEST(AuditVerification, WhatWasDeletedIsFound) {
  for (const std::size_t at : {0u, 9u, 18u}) {
    auto r = record(20);
    r.events.erase(r.events.begin() + static_cast<std::ptrdiff_t>(at));
    expect(r, Form::Deleted, at + 1);
    renumber(r);
    expect(r, Form::Deleted, at + 1);
  }
  auto many = record(20);
  many.events.erase(many.events.begin() + 3, many.events.begin() + 9);
  expect(many, Form::Deleted, 4);
  renumber(many);
  expect(many, Form::Deleted, 4);
}

TEST(AuditVerification, AnotherOrderIsFound) {
  for (const auto& [a, b] : {std::pair(0u, 1u), std::pair(4u, 12u), std::pair(18u, 19u)}) {
    auto r = record(20);
    std::swap(r.events[a], r.events[b]);
    renumber(r);
    expect(r, Form::Reordered, a + 1);
  }
  auto moved = record(20);
  std::rotate(moved.events.begin() + 2, moved.events.begin() + 6, moved.events.begin() + 15);
  renumber(moved);
  expect(moved, Form::Reordered, 3);
  // Numbers exchanged, rows left where they were; a store gives them in the order of their numbers.
  auto swapped = record(20);
  std::swap(swapped.events[4].number, swapped.events[5].number);
  std::swap(swapped.events[4], swapped.events[5]);
  expect(swapped, Form::Reordered, 5);
}

TEST(AuditVerification, WhatWasInsertedIsFound) {
  for (const std::size_t at : {0u, 4u, 9u, 19u, 20u}) {
    for (const bool linked : {false, true}) {
      auto r = record(20);
      auto e = event(500);
      // Without the key: octets of somebody's choice.
      if (linked) e.seal = r.events[3].seal, e.link = r.events[3].link;
      r.events.insert(r.events.begin() + static_cast<std::ptrdiff_t>(at), e);
      renumber(r);
      expect(r, Form::Inserted, at + 1);
    }
  }
  // An old event once more, under an id of its own, and under a number that is none.
  auto again = record(20);
  auto copy = again.events[2];
  copy.id = event(600).id;
  again.events.push_back(copy);
  renumber(again);
  expect(again, Form::Inserted, 21);
  auto zero = record(20);
  auto e = event(500);
  e.number = 0;
  zero.events.insert(zero.events.begin(), e);
  expect(zero, Form::Inserted, 0);
}

TEST(AuditVerification, ATailThatWasCutOffIsFound) {
  for (const std::size_t left : {0u, 1u, 19u}) {
    auto r = record(20);
    r.events.resize(left);
    expect(r, Form::CutOff, left + 1);
  }
}

TEST(AuditVerification, AnOldCopyThatWentOnIsFound) {
  auto old = record(10);
  const auto k = keys();
  const Links links(k);
  crypto::Sha256Digest head = old.checkpoint.link;
  for (std::uint64_t n = 11; n <= 25; ++n) {
    auto e = event(n + 1000);
    e.number = n;
    const auto seal = links.seal(e);
    head = links.link(head, seal);
    e.seal.assign(seal.begin(), seal.end());
    e.link.assign(head.begin(), head.end());
    old.events.push_back(e);
  }
  old.checkpoint = record(20).checkpoint;
  expect(old, Form::CutOff, 20);
}

TEST(AuditVerification, WithoutACheckpointNothingIsSound) {
  EXPECT_EQ(read(record(3), false).form, Form::NoCheckpoint);
  EXPECT_EQ(read(record(0), false).form, Form::Sound);
}

TEST(AuditVerification, AnotherKeyMakesNothingSound) {
  const auto r = record(3);
  Verification v(keys(8), {r.checkpoint}, {});
  for (const auto& e : r.events) v.visit(e);
  EXPECT_NE(v.verdict().form, Form::Sound);
}

TEST(AuditCheckpoint, IsBelievedByItsSignatureAlone) {
  const auto k = keys();
  const auto line = record(5).checkpoint.text(k);
  ASSERT_TRUE(line);
  const auto read = Checkpoint::parse(*line, k);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->number, 5u);
  EXPECT_EQ(read->link, record(5).checkpoint.link);
  auto other = *line;
  other[other.find(" 5 ") + 1] = '4';
  EXPECT_FALSE(Checkpoint::parse(other, k));
  EXPECT_FALSE(Checkpoint::parse(*line, keys(8)));
  EXPECT_FALSE(Checkpoint::parse(*line, *ChainKeys::of(root(), "another")));
  for (std::size_t i = 0; i < line->size(); ++i) EXPECT_FALSE(Checkpoint::parse(line->substr(0, i), k)) << i;
}

TEST(AuditCheckpoint, IsFoundInALog) {
  const auto k = keys();
  const auto line = *record(5).checkpoint.text(k);
  const auto found = checkpoints_in("{\"event\":\"audit.checkpoint\",\"detail\":\"" + line + "\"}\nsomething else\n" + line + "   \n", k);
  EXPECT_EQ(found.size(), 2u);
  EXPECT_TRUE(checkpoints_in("jeton-checkpoint-1 inst 5 x y z\n\n", k).empty());
}

}  // namespace
}  // namespace jeton::audit
