// What every store must do when many ask at once.
#include <atomic>
#include <barrier>
#include <set>
#include <thread>

#include "stores/ledger_suite.h"

namespace jeton::stores::suite {

using namespace ledger;

namespace {

// Runs `work(i)` on `count` threads that start together.
template <class Work>
void together(int count, Work work) {
  std::barrier start(count);
  std::vector<std::jthread> threads;
  for (int i = 0; i < count; ++i)
    threads.emplace_back([&start, &work, i] {
      start.arrive_and_wait();
      work(i);
    });
}

// Checks what it hears: in order, without a gap, one thread at a time, and before the caller does.
struct Strict final : Follower {
  void apply(Seq seq, std::span<const Effect> effects) noexcept override {
    if (inside.exchange(true)) overlapped = true;
    if (seq < last) disordered = true;
    last = seq;
    for (const auto& e : effects)
      if (const auto* ended = std::get_if<TokenEnded>(&e)) {
        const std::scoped_lock lock(mutex);
        ended_ids.insert(ended->id);
      }
    inside = false;
  }
  bool knows(const TokenId& id) {
    const std::scoped_lock lock(mutex);
    return ended_ids.contains(id);
  }
  std::atomic<bool> inside = false, overlapped = false, disordered = false;
  Seq last = 0;
  std::mutex mutex;
  std::set<TokenId> ended_ids;
};

}  // namespace

TEST_P(LedgerSuite, ConcurrentCommitsAllLand) {
  Strict follower;
  ledger_->follow(&follower);
  constexpr int kThreads = 32, kEach = 20;
  std::atomic<int> failed = 0, unheard = 0;
  together(kThreads, [&](int thread) {
    for (int i = 0; i < kEach; ++i) {
      const auto n = static_cast<std::uint64_t>(1 + thread * kEach + i);
      if (!ledger_->commit({Insert<Token>{suite::token(n)}, Insert<AuditEvent>{event(n)}})) ++failed;
      if (i % 4 == 0) {
        if (!ledger_->commit({end(TokensOf{TokenId(ulid(n))})})) ++failed;
        if (!follower.knows(TokenId(ulid(n)))) ++unheard;
      }
      const auto back = ledger_->token(TokenId(ulid(n)));
      if (!back || !*back || (*back)->ended.has_value() != (i % 4 == 0)) ++failed;
    }
  });
  EXPECT_EQ(failed, 0);
  EXPECT_EQ(unheard, 0);
  EXPECT_FALSE(follower.overlapped);
  EXPECT_FALSE(follower.disordered);
  EXPECT_EQ(ledger_->last_seq().value(), static_cast<Seq>(kThreads * kEach / 4));
  EXPECT_EQ(ledger_->tokens({}, {std::nullopt, 10000}, at(0)).value().size(), std::size_t{kThreads * kEach});
  const auto feed = ledger_->feed(0, 100000).value();
  for (std::size_t i = 0; i < feed.size(); ++i) ASSERT_EQ(feed[i].seq, i + 1);
}

TEST_P(LedgerSuite, ConcurrentUpdatesOfOneVersionLetOneThrough) {
  commit({Insert<Token>{suite::token(1)}});
  for (int round = 0; round < 10; ++round) {
    const auto read = token(TokenId(ulid(1)));
    std::atomic<int> won = 0, lost = 0;
    together(20, [&](int i) {
      auto mine = read;
      mine.name = "winner " + std::to_string(i);
      const auto done = ledger_->commit({Insert<AuditEvent>{event(static_cast<std::uint64_t>(1 + round * 20 + i))}, Update<Token>{mine}});
      if (done) ++won;
      else if (done.error().is(Refusal::Conflict)) ++lost;
    });
    EXPECT_EQ(won, 1);
    EXPECT_EQ(lost, 19);
  }
  // The losers left nothing behind.
  EXPECT_EQ(ledger_->audit({std::nullopt, 1000}).value().size(), 10u);
}

TEST_P(LedgerSuite, ConcurrentInsertsOfOneNameLetOneThrough) {
  for (std::uint64_t round = 0; round < 10; ++round) {
    std::atomic<int> won = 0, lost = 0;
    together(20, [&](int i) {
      auto mine = api(1 + round * 20 + static_cast<std::uint64_t>(i));
      mine.name = "round-" + std::to_string(round);
      const auto done = ledger_->commit({Insert<Api>{mine}});
      if (done) ++won;
      else if (done.error().is(Refusal::Conflict)) ++lost;
    });
    EXPECT_EQ(won, 1);
    EXPECT_EQ(lost, 19);
  }
}

TEST_P(LedgerSuite, ConcurrentExchangeAndRevocationLeaveNoChildAlive) {
  for (std::uint64_t round = 0; round < 20; ++round) {
    const std::uint64_t first = 1 + round * 10;
    commit({Insert<Token>{suite::token(first)}});
    together(5, [&](int i) {
      if (i == 0) {
        (void)ledger_->commit({end(TokensOf{TokenId(ulid(first))})});
        return;
      }
      auto child = suite::token(first + static_cast<std::uint64_t>(i));
      child.parent = TokenId(ulid(first));
      (void)ledger_->commit({Insert<Token>{child}});
    });
    TokenFilter live;
    live.show = TokenFilter::Show::Live;
    EXPECT_TRUE(ledger_->tokens(live, {}, at(0)).value().empty());
  }
}

TEST_P(LedgerSuite, ConcurrentReadersWritersAndScans) {
  std::atomic<int> failed = 0;
  struct Count final : TokenVisitor {
    bool visit(const Token&) override { return ++seen, true; }
    std::size_t seen = 0;
  };
  together(8, [&](int thread) {
    for (int i = 0; i < 15; ++i) {
      const auto n = static_cast<std::uint64_t>(1 + thread * 100 + i);
      const LastUse use{TokenId(ulid(n)), at(i), {}};
      Count count;
      switch (thread % 4) {
        case 0: failed += !ledger_->commit({Insert<Token>{suite::token(n)}}); break;
        case 1: failed += !ledger_->scan_tokens(count); break;
        case 2: failed += !ledger_->note_uses({&use, 1}) || !ledger_->purge(at(0), at(0), 10); break;
        default: failed += !ledger_->tokens({}, {}, at(0)) || !ledger_->healthy(); break;
      }
    }
  });
  EXPECT_EQ(failed, 0);
}

}  // namespace jeton::stores::suite
