// Every store links events in the order of its commits, whoever commits, and whatever is refused in between.
#include <gtest/gtest.h>
#include <thread>

#include "authority/audit/verification.h"
#include "stores/ledger_suite.h"

namespace jeton::stores::suite {
namespace {

using namespace ledger;

audit::ChainKeys keys() {
  std::array<std::uint8_t, 32> octets;
  octets.fill(9);
  return *audit::ChainKeys::of(Secret::copy_of(octets), "inst");
}

class AuditChainSuite : public LedgerSuite {
 protected:
  std::string checkpoint() const { return folder_.file("ledger.db.checkpoint"); }
  audit::Verdict verdict() {
    const auto k = keys();
    audit::Verification reading(k, audit::kept_checkpoints(checkpoint(), k).all, {});
    EXPECT_TRUE(ledger_->scan_audit(reading));
    return reading.verdict();
  }
  void sound(std::uint64_t events) {
    const auto v = verdict();
    EXPECT_EQ(audit::name(v.form), "sound") << v.number;
    EXPECT_EQ(v.events, events);
    EXPECT_EQ(v.checkpoint ? v.checkpoint->number : 0, events);
  }
};

TEST_P(AuditChainSuite, EventsAreLinkedAndTheCheckpointFollows) {
  audit::Chain chain(keys(), checkpoint());
  ASSERT_EQ(chain.begin(*ledger_), audit::Found::New);
  sound(0);
  commit({Insert<AuditEvent>{event(5)}});
  sound(1);
  // An id that is older than the one before it: the order is that of the commits.
  commit({Insert<AuditEvent>{event(3)}, Insert<AuditEvent>{event(4)}});
  sound(3);
  const auto after = ledger_->audit_after(1, 10);
  ASSERT_TRUE(after);
  ASSERT_EQ(after->size(), 2u);
  EXPECT_EQ((*after)[0].id, event(3).id);
  EXPECT_EQ((*after)[0].number, 2u);
  EXPECT_EQ((*after)[1].number, 3u);
  EXPECT_EQ(ledger_->audit_after(0, 1)->size(), 1u);
  (void)ledger_->chain(nullptr);
}

TEST_P(AuditChainSuite, ARefusedBatchLeavesNoHole) {
  audit::Chain chain(keys(), checkpoint());
  ASSERT_TRUE(chain.begin(*ledger_));
  commit({Insert<AuditEvent>{event(1)}});
  EXPECT_TRUE(refused({Insert<AuditEvent>{event(2)}, Insert<AuditEvent>{event(1)}}));
  EXPECT_TRUE(refused({Insert<AuditEvent>{event(2)}, Update<Token>{suite::token(77)}}, Refusal::NotFound));
  EXPECT_TRUE(refused({Insert<AuditEvent>{event(1)}}));
  commit({Insert<AuditEvent>{event(2)}});
  sound(2);
  (void)ledger_->chain(nullptr);
}

TEST_P(AuditChainSuite, ManyThreadsMakeOneChain) {
  audit::Chain chain(keys(), checkpoint());
  ASSERT_TRUE(chain.begin(*ledger_));
  {
    std::vector<std::jthread> threads;
    for (std::uint64_t t = 0; t < 4; ++t)
      threads.emplace_back([&, t] {
        for (std::uint64_t i = 0; i < 50; ++i) {
          const auto n = t * 1000 + i;
          EXPECT_TRUE(ledger_->commit({Insert<Token>{suite::token(n)}, Insert<AuditEvent>{event(n)}}));
          if (i % 5 == 0) { EXPECT_FALSE(ledger_->commit({Insert<AuditEvent>{event(n + 500)}, Insert<Token>{suite::token(n)}})); }
        }
      });
  }
  sound(200);
  (void)ledger_->chain(nullptr);
}

TEST_P(AuditChainSuite, WhatWasThereBeforeIsTakenOnOnce) {
  for (std::uint64_t n = 1; n <= 5; ++n) commit({Insert<AuditEvent>{event(n)}});
  {
    audit::Chain chain(keys(), checkpoint());
    ASSERT_EQ(chain.begin(*ledger_), audit::Found::New);
    commit({Insert<AuditEvent>{event(6)}});
    sound(6);
    (void)ledger_->chain(nullptr);
  }
  // Written by a program that links nothing: not the chain's, and not taken on any more.
  commit({Insert<AuditEvent>{event(7)}});
  audit::Chain again(keys(), checkpoint());
  ASSERT_EQ(again.begin(*ledger_), audit::Found::Sound);
  commit({Insert<AuditEvent>{event(8)}});
  const auto v = verdict();
  EXPECT_EQ(audit::name(v.form), "inserted");
  EXPECT_EQ(v.number, 7u);
  (void)ledger_->chain(nullptr);
}

TEST_P(AuditChainSuite, AStartFindsALedgerThatIsOlderThanItsCheckpoint) {
  {
    // Another ledger, further on, under the same key.
    const auto other = GetParam().name == "memory" ? GetParam().open(folder_) : nullptr;
    audit::Chain chain(keys(), checkpoint());
    auto& ahead = other ? *other : *ledger_;
    ASSERT_TRUE(chain.begin(ahead));
    for (std::uint64_t n = 1; n <= 3; ++n) ASSERT_TRUE(ahead.commit({Insert<AuditEvent>{event(n)}}));
    (void)ahead.chain(nullptr);
  }
  ledger_.reset();
  if (GetParam().keeps == Store::Keeps::Files)
    for (const auto* end : {"", "-wal", "-shm"}) std::filesystem::remove(folder_.file("ledger.db") + end);
  ledger_ = GetParam().open(folder_);
  audit::Chain chain(keys(), checkpoint());
  EXPECT_EQ(chain.begin(*ledger_), audit::Found::Broken);
  EXPECT_EQ(chain.found_number(), 3u);
  commit({Insert<AuditEvent>{event(9)}});
  // It was set aside, and is still held against the ledger.
  const auto v = verdict();
  EXPECT_EQ(audit::name(v.form), "cut_off");
  (void)ledger_->chain(nullptr);
}

INSTANTIATE_TEST_SUITE_P(Stores, AuditChainSuite, ::testing::ValuesIn(every_store()), [](const auto& one) { return one.param.name; });

}  // namespace
}  // namespace jeton::stores::suite
