// Checks beside changes: whoever was told of a change can rely on every later check seeing it.
#include <atomic>
#include <thread>

#include "program/serve/building_suite.h"

namespace jeton::serve {
namespace {

using verify::Reason;

class VerifierConcurrent : public BuildingSuite {
 protected:
  // Runs `change` on this thread while others check `token` without pause; what they saw by reason.
  template <class Change>
  std::array<std::atomic<int>, 32>& beside_checks(const std::vector<std::string>& tokens, Change change) {
    std::atomic<bool> ending{false};
    std::atomic<int> running{0};
    std::vector<std::jthread> threads;
    for (unsigned t = 0; t < 3; ++t)
      threads.emplace_back([&, t] {
        ++running;
        for (std::size_t i = t; !ending; ++i) {
          const verify::Reading reading(verifier());
          const auto d = reading.decide(tokens[i % tokens.size()], {"orders", "orders:read", {}, {}, {}}, now_);
          ++seen_[static_cast<std::size_t>(d.reason)];
          if (d.allow() && d.token->scope().find("orders:read") == std::string_view::npos) ++wrong_;
        }
      });
    while (running < 3) std::this_thread::yield();
    change();
    ending = true;
    return seen_;
  }
  int seen(Reason reason) const { return seen_[static_cast<std::size_t>(reason)]; }

  std::array<std::atomic<int>, 32> seen_{};
  std::atomic<int> wrong_{0};
};

TEST_F(VerifierConcurrent, RevocationsHoldForEveryLaterCheck) {
  std::vector<personal::Born> all;
  std::vector<std::string> texts;
  for (int i = 0; i < 60; ++i) {
    all.push_back(born(draft()));
    texts.push_back(text_of(all.back().text));
  }
  beside_checks(texts, [&] {
    for (std::size_t i = 0; i < all.size(); ++i) {
      revoke(all[i].record.id);
      EXPECT_EQ(reason(texts[i]), Reason::Revoked);
    }
  });
  EXPECT_EQ(seen(Reason::Unavailable) + seen(Reason::Unknown) + seen(Reason::Malformed) + wrong_, 0);
}

TEST_F(VerifierConcurrent, ChangedRecordsAreNeverHalfSeen) {
  const auto b = born(draft({"orders:read", "orders:write"}));
  beside_checks({text_of(b.text)}, [&] {
    for (int i = 0; i < 200; ++i) {
      auto record = *rooms().tokens.find(b.record.id);
      record.name = "n" + std::to_string(i);
      record.network.deny = {*net::Prefix::parse("203.0.113.0/24")};
      ASSERT_TRUE(rooms().tokens.update(record, doing()));
    }
  });
  EXPECT_GT(seen(Reason::Allowed), 0);
  EXPECT_EQ(seen(Reason::Unknown) + seen(Reason::Unavailable) + seen(Reason::Revoked) + wrong_, 0) << "a living token is never refused";
}

TEST_F(VerifierConcurrent, OneFirstUseEndsThePredecessorAndNobodyBringsItBack) {
  for (int round = 0; round < 30; ++round) {
    const auto old = born(draft());
    const auto next = *rooms().tokens.rotate(old.record.id, {}, doing());
    const auto old_text = text_of(old.text), next_text = text_of(next.text);
    beside_checks({next_text}, [&] {
      while (reason(old_text) == Reason::Allowed) std::this_thread::yield();
      for (int i = 0; i < 3; ++i) {
        auto record = *rooms().tokens.find(old.record.id);
        record.name = "n" + std::to_string(i);
        if (!record.ended) (void)rooms().tokens.update(record, doing());
        EXPECT_EQ(reason(old_text), Reason::RotatedOut);
      }
    });
    ASSERT_TRUE(rooms().upkeep.act_on_events(now_));
    EXPECT_EQ(rooms().tokens.find(old.record.id)->end_reason, ledger::EndReason::RotatedOut);
  }
}

TEST_F(VerifierConcurrent, KeysRotateUnderCheckedJwtsWithoutAFalseRefusal) {
  const auto parent = born(draft());
  std::vector<std::string> jwts;
  for (int i = 0; i < 8; ++i) jwts.push_back(exchanged(parent.record));
  beside_checks(jwts, [&] {
    for (int i = 0; i < 10; ++i) ASSERT_TRUE(rooms().signing_keys.rotate(crypto::SignAlg::ES256, ApiId(), doing()));
  });
  EXPECT_GT(seen(Reason::Allowed), 0);
  for (const auto refused : {Reason::UnknownKey, Reason::BadSignature, Reason::Unavailable, Reason::Malformed}) EXPECT_EQ(seen(refused), 0);
  revoke(parent.record.id);
  for (const auto& jwt : jwts) EXPECT_EQ(reason(jwt), Reason::Revoked);
}

TEST_F(VerifierConcurrent, PeppersApisAndRulesChangeUnderChecks) {
  const auto b = born(draft());
  beside_checks({text_of(b.text)}, [&] {
    for (int i = 0; i < 20; ++i) {
      ASSERT_TRUE(rooms().pepper_lives.rotate(doing()));
      auto api = api_;
      api.access_ttl = Seconds(60 + i);
      api_ = *rooms().apis.update(api, doing());
      (void)born(draft());
    }
  });
  EXPECT_GT(seen(Reason::Allowed), 0);
  EXPECT_EQ(seen(Reason::Unknown) + seen(Reason::NoSuchApi) + seen(Reason::Unavailable), 0);
}

TEST_F(VerifierConcurrent, UsesAreNotedByManyAndTakenByOne) {
  const auto b = born(draft());
  beside_checks({text_of(b.text)}, [&] {
    for (int i = 0; i < 50; ++i) ASSERT_TRUE(rooms().upkeep.write_uses());
  });
  ASSERT_TRUE(rooms().upkeep.write_uses());
  EXPECT_TRUE(rooms().tokens.find(b.record.id)->last_used);
}

}  // namespace
}  // namespace jeton::serve
