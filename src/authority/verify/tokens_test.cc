#include "authority/verify/tokens.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace jeton::verify {
namespace {

// Spread evenly, as random ids are.
Ulid ulid(std::uint64_t n) {
  Ulid u;
  n *= 0xc2b2ae3d27d4eb4f;
  std::memcpy(u.octets.data() + 8, &n, sizeof n);
  return u;
}
HashKey hash(std::uint64_t n) { return {n * 0x9e3779b97f4a7c15, n}; }

struct World {
  ~World() { epochs.drain(); }
  // What hangs on `parent` and a client; without either: on nothing.
  const TokenRecord* put(std::uint64_t n, opaque::Kind kind = opaque::Kind::At, std::uint64_t parent = 0,
                         std::uint32_t client = Slots::kNone, const std::string& confirmation = {}) {
    TokenRecord r;
    r.hash = hash(n);
    r.id = ulid(n);
    r.kind = kind;
    std::unique_ptr<TokenExtras> extras;
    if (parent != 0 || client != Slots::kNone || !confirmation.empty()) {
      extras = std::make_unique<TokenExtras>();
      if (parent != 0) extras->parent = TokenId(ulid(parent));
      extras->client = client;
      if (!confirmation.empty()) extras->own = std::make_unique<const TokenOwn>(TokenOwn{{}, {}, {}, confirmation, {}});
    }
    tokens.put(r, std::move(extras));
    return tokens.by_id(TokenId(r.id));
  }
  const TokenRecord* put_at(const HashKey& its, std::uint64_t n) {
    TokenRecord r;
    r.hash = its;
    r.id = ulid(n);
    tokens.put(r, nullptr);
    return tokens.by_id(TokenId(r.id));
  }

  Epochs epochs;
  Tokens tokens{epochs};
};

// What growing leaves behind is as large as what is held: together with all that was left before it would be several times that.
TEST(Tokens, WhatGrowingLeavesBehindIsFreedAtOnce) {
  World w;
  w.put(1);
  int freed = 0;
  w.epochs.retire([](void* count, std::uint64_t) { ++*static_cast<int*>(count); }, &freed);
  for (std::uint64_t n = 2; n < 1000; ++n) w.put(n);
  EXPECT_EQ(freed, 1);
}

TEST(Tokens, ThoseOfOneGrantShareWhatTheyHangOn) {
  World w;
  const auto* first = w.put(1, opaque::Kind::At, 900, 7);
  const auto* second = w.put(2, opaque::Kind::At, 900, 7);
  EXPECT_EQ(first->extras, second->extras);
  EXPECT_EQ(first->parent(), TokenId(ulid(900)));
  EXPECT_EQ(first->extras->holders, 2u);
  // Another parent, another client, or a key of its own is another thing.
  EXPECT_NE(w.put(3, opaque::Kind::At, 901, 7)->extras, first->extras);
  EXPECT_NE(w.put(4, opaque::Kind::At, 900, 8)->extras, first->extras);
  // Those that are looked for in the same place, too.
  EXPECT_EQ(w.put(7, opaque::Kind::At, 900 + 256, 7)->parent(), TokenId(ulid(900 + 256)));
  EXPECT_EQ(w.put(8, opaque::Kind::At, 900 + 256 * 3, 7)->parent(), TokenId(ulid(900 + 256 * 3)));
  EXPECT_EQ(w.put(9, opaque::Kind::At, 900, 7 + 256)->extras->client, 7u + 256);
  const auto* bound = w.put(5, opaque::Kind::At, 900, 7, "{\"jkt\":\"k\"}");
  EXPECT_NE(bound->extras, first->extras);
  EXPECT_EQ(bound->own()->confirmation, "{\"jkt\":\"k\"}");
  EXPECT_EQ(first->own(), nullptr);
  EXPECT_EQ(w.put(6)->extras, nullptr);
}

TEST(Tokens, WhatIsSharedLivesAsLongAsItsLastHolder) {
  World w;
  w.put(1, opaque::Kind::At, 900, 7);
  const auto* shared = w.put(2, opaque::Kind::At, 900, 7)->extras;
  w.tokens.forget(TokenId(ulid(1)));
  w.epochs.drain();
  ASSERT_EQ(w.tokens.by_id(TokenId(ulid(2)))->extras, shared);
  EXPECT_EQ(shared->holders, 1u);
  EXPECT_EQ(shared->parent, TokenId(ulid(900)));
  // Under another pepper it hangs on the same.
  w.tokens.rehash(TokenId(ulid(2)), hash(22), 3);
  w.epochs.drain();
  const auto* again = w.tokens.by_hash(hash(22));
  ASSERT_NE(again, nullptr);
  EXPECT_EQ(again->extras, shared);
  EXPECT_EQ(shared->holders, 1u);
  w.tokens.forget(TokenId(ulid(2)));
  w.epochs.drain();
  // All are gone: the next one brings its own, and what it says is right.
  EXPECT_EQ(w.put(3, opaque::Kind::At, 900, 7)->parent(), TokenId(ulid(900)));
  EXPECT_EQ(w.put(3, opaque::Kind::At, 901, 7)->parent(), TokenId(ulid(901)));
}

TEST(Tokens, OnlyWhatIsShownToApisIsFoundByItsHash) {
  World w;
  for (const auto kind : {opaque::Kind::Pat, opaque::Kind::Key, opaque::Kind::At}) {
    const auto n = 10 + static_cast<std::uint64_t>(kind);
    const auto* record = w.put(n, kind);
    EXPECT_EQ(w.tokens.by_hash(hash(n)), record);
  }
  for (const auto kind : {opaque::Kind::Rt, opaque::Kind::Ses}) {
    const auto n = 10 + static_cast<std::uint64_t>(kind);
    const auto* record = w.put(n, kind);
    EXPECT_EQ(record->kind, kind);
    EXPECT_EQ(w.tokens.by_hash(hash(n)), nullptr);
    // Replaced, hashed anew, ended and forgotten like any other.
    EXPECT_NE(w.put(n, kind, 900), record);
    w.tokens.rehash(TokenId(ulid(n)), hash(n + 100), 2);
    EXPECT_EQ(w.tokens.by_hash(hash(n + 100)), nullptr);
    EXPECT_TRUE(w.tokens.end(TokenId(ulid(n)), ledger::EndReason::Revoked));
    w.tokens.forget(TokenId(ulid(n)));
    EXPECT_EQ(w.tokens.by_id(TokenId(ulid(n))), nullptr);
  }
  EXPECT_EQ(w.tokens.size(), 3u);
}

// Where two hashes share what the table is sorted by, the rest of them still tells them apart.
TEST(Tokens, AreFoundByTheirWholeHash) {
  Epochs epochs;
  Tokens tokens(epochs);
  TokenRecord one, other;
  one.hash = {7, 1};
  one.id.octets[0] = 1;
  other.hash = {7, 2};
  other.id.octets[15] = 2;
  tokens.put(one, nullptr);
  tokens.put(other, nullptr);
  const ReadSection inside(epochs);
  ASSERT_NE(tokens.by_hash({7, 1}), nullptr);
  EXPECT_EQ(tokens.by_hash({7, 1})->id, one.id);
  ASSERT_NE(tokens.by_hash({7, 2}), nullptr);
  EXPECT_EQ(tokens.by_hash({7, 2})->id, other.id);
  EXPECT_EQ(tokens.by_hash({7, 3}), nullptr);
  EXPECT_EQ(tokens.by_hash({8, 1}), nullptr);
}

// Shelves that grow, run over into the next bucket, shrink and use their memory again.
TEST(Tokens, EachIsFoundThroughGrowthReplacementAndForgetting) {
  World w;
  constexpr std::uint64_t kCount = 50'000;
  for (std::uint64_t n = 1; n <= kCount; ++n) w.put(n, n % 5 == 0 ? opaque::Kind::Rt : opaque::Kind::At, n % 7 == 0 ? 900 : 0);
  for (std::uint64_t n = 1; n <= kCount; n += 3) w.tokens.forget(TokenId(ulid(n)));
  for (std::uint64_t n = 2; n <= kCount; n += 3) w.tokens.rehash(TokenId(ulid(n)), hash(n + kCount), 2);
  w.epochs.reclaim();
  for (std::uint64_t n = 3; n <= kCount; n += 3) w.put(n, n % 5 == 0 ? opaque::Kind::Rt : opaque::Kind::At, 901);
  w.epochs.reclaim();
  for (std::uint64_t n = 1; n <= kCount; ++n) {
    const auto* record = w.tokens.by_id(TokenId(ulid(n)));
    ASSERT_EQ(record == nullptr, n % 3 == 1) << n;
    const auto its = hash(n % 3 == 2 ? n + kCount : n);
    ASSERT_EQ(w.tokens.by_hash(its), n % 5 == 0 ? nullptr : record) << n;
    if (n % 3 == 2) { ASSERT_EQ(w.tokens.by_hash(hash(n)), nullptr) << n; }
    if (record == nullptr) continue;
    ASSERT_EQ(record->parent(), n % 3 == 0 ? TokenId(ulid(901)) : n % 7 == 0 ? TokenId(ulid(900)) : TokenId()) << n;
  }
  EXPECT_EQ(w.tokens.size(), kCount - (kCount + 2) / 3);
}

// However many there are, a place is left at which a look-up ends.
TEST(Tokens, WhatIsNotThereIsNotFoundAtAnySize) {
  World w;
  for (std::uint64_t n = 1; n <= 3'000; ++n) {
    w.put(n);
    for (std::uint64_t other = 0; other < 8; ++other) ASSERT_EQ(w.tokens.by_hash(hash(10'000 + 8 * n + other)), nullptr);
  }
}

// As many as are to be found: all of them on one shelf, so that none has room on another.
TEST(Tokens, AShelfIsNeverFull) {
  World w;
  for (std::uint64_t n = 1; n <= 3'000; ++n) {
    w.put_at({hash(n).high >> 3, n}, n);
    ASSERT_LT(n * (sizeof(TokenRecord) + 1), w.tokens.octets()) << n;
  }
}

TEST(Tokens, ManyInOnePlaceAreEachFound) {
  World w;
  const auto at = [](std::uint64_t n) { return HashKey{7, n}; };
  for (std::uint64_t n = 1; n <= 200; ++n) w.put_at(at(n), n);
  for (std::uint64_t n = 1; n <= 200; n += 2) w.tokens.forget(TokenId(ulid(n)));
  for (std::uint64_t n = 1; n <= 200; ++n) {
    const auto* record = w.tokens.by_hash(at(n));
    ASSERT_EQ(record == nullptr, n % 2 == 1) << n;
    if (record == nullptr) continue;
    ASSERT_EQ(record->id, ulid(n));
  }
}

TEST(Tokens, ComingAndGoingForeverTakesNoMoreMemory) {
  World w;
  for (std::uint64_t n = 1; n <= 64; ++n) w.put(n);
  for (std::uint64_t round = 0; round < 200'000; ++round) w.put(1 + round % 64, opaque::Kind::At, round);
  for (std::uint64_t n = 1; n <= 64; ++n) ASSERT_NE(w.tokens.by_hash(hash(n)), nullptr);
  EXPECT_LT(w.tokens.octets(), 64u * 4096);
}

// Which a reader may do between the copy and the step that puts it in place.
TEST(Tokens, WhatIsEndedStaysEndedWhenItIsReplaced) {
  TokenRecord ended, next;
  ended.status = static_cast<std::uint32_t>(ledger::EndReason::RotatedOut) | TokenRecord::kOverlapping;
  ended.give_way_to(next);
  EXPECT_EQ(next.status.load(), static_cast<std::uint32_t>(ledger::EndReason::RotatedOut));
  EXPECT_TRUE(ended.status & TokenRecord::kSuperseded);
  // What it ended for in its new place stands.
  TokenRecord later;
  later.status = static_cast<std::uint32_t>(ledger::EndReason::Revoked);
  ended.give_way_to(later);
  EXPECT_EQ(later.status.load(), static_cast<std::uint32_t>(ledger::EndReason::Revoked));
}

// A reader looks at eight octets at once, in order: what stood behind those is not replaced by what stands in front of it, where the reader
// has been already. Among those eight any will do, and room is used again.
TEST(Tokens, WhatReplacesAnotherDoesNotStandBeforeIt) {
  World w;
  std::vector<const TokenRecord*> stood{nullptr};
  for (std::uint64_t n = 1; n <= 17; ++n) stood.push_back(w.put_at({7, n}, n));
  for (std::uint64_t n = 2; n <= 17; ++n) ASSERT_EQ(stood[n], stood[1] + (n - 1));
  w.tokens.forget(TokenId(ulid(1)));
  w.epochs.drain();
  // In the second eight of its bucket, and in the bucket behind it.
  EXPECT_GT(w.put_at({7, 9}, 9), stood[9]);
  EXPECT_GT(w.put_at({7, 17}, 17), stood[17]);
  EXPECT_EQ(w.put_at({7, 8}, 8), stood[1]);
}

// However its bucket is filled, one that is replaced all the time is found all the time, by its hash and by its id; and under one of both
// hashes while it is hashed anew, by who looks at the newer one last.
TEST(TokensConcurrent, WhatIsReplacedIsFoundAtEveryMoment) {
  World w;
  constexpr std::uint64_t kCount = 40, kAnew = 100;
  for (std::uint64_t n = 1; n <= kCount; ++n) w.put(n);
  std::atomic<bool> over{false};
  std::atomic<int> lost{0};
  std::jthread reader([&] {
    const auto held = [&](std::uint64_t n) { return w.tokens.by_hash(hash(n)) != nullptr; };
    while (!over)
      for (std::uint64_t n = 1; n <= kCount; ++n) {
        const ReadSection inside(w.epochs);
        if (w.tokens.by_id(TokenId(ulid(n))) == nullptr) ++lost;
        if (!held(n + kAnew) && !held(n) && !held(n + kAnew)) ++lost;
      }
  });
  for (std::uint64_t round = 0; round < kCount * 100; ++round)
    for (std::uint64_t n = 1; n <= kCount; ++n)
      w.tokens.rehash(TokenId(ulid(n)), hash(round < n * 100 ? n : n + kAnew), static_cast<std::uint32_t>(round));
  over = true;
  reader.join();
  EXPECT_EQ(lost, 0);
}

// Readers end what they find, as the first use of a successor does, while the writer replaces it and shelves grow.
TEST(TokensConcurrent, WhatIsEndedByAReaderStaysEndedAndWhatIsHeldIsAlwaysFound) {
  World w;
  constexpr std::uint64_t kFirst = 2'000;
  for (std::uint64_t n = 1; n <= kFirst; ++n) w.put(n);
  std::atomic<int> lost{0};
  std::vector<std::thread> readers;
  for (std::uint64_t mine = 0; mine < 2; ++mine)
    readers.emplace_back([&, mine] {
      for (std::uint64_t n = 1 + mine; n <= kFirst; n += 2) {
        const ReadSection inside(w.epochs);
        if (w.tokens.by_hash(hash(n)) == nullptr || !w.tokens.end(TokenId(ulid(n)), ledger::EndReason::RotatedOut)) ++lost;
      }
    });
  for (std::uint64_t n = kFirst + 1; n <= 10 * kFirst; ++n) {
    w.put(n);
    const auto* same = w.tokens.by_id(TokenId(ulid(n % kFirst + 1)));
    w.tokens.rehash(TokenId(same->id), same->hash, static_cast<std::uint32_t>(n));
  }
  for (auto& r : readers) r.join();
  EXPECT_EQ(lost, 0);
  for (std::uint64_t n = 1; n <= kFirst; ++n)
    ASSERT_EQ(w.tokens.by_id(TokenId(ulid(n)))->status.load() & TokenRecord::kReasonMask,
              static_cast<std::uint32_t>(ledger::EndReason::RotatedOut));
}

TEST(Cuts, WhatWasFoundIsFoundAgainForThatSetAlone) {
  World w;
  const auto all = w.tokens.intern({"a", "ab", "b"}), some = w.tokens.intern({"ab", "b", "c"}), none = w.tokens.intern({});
  const auto left = w.tokens.intern_cut("a ab b", some);
  EXPECT_EQ(w.tokens.scope_set(left).joined, "ab b");
  EXPECT_EQ(w.tokens.intern_cut("a ab b", all), all);
  EXPECT_EQ(w.tokens.intern_cut("a", some), none) << "a scope is a whole word";
  Cuts cuts;
  EXPECT_FALSE(cuts.find(0));
  cuts.note(0, 7, Cuts::Was::Whole);
  EXPECT_EQ(cuts.find(0), 7u);
  for (std::uint32_t bound = 1; bound < 8; ++bound) cuts.note(bound, bound + 100, Cuts::Was::Whole);
  EXPECT_EQ(cuts.find(0), 7u) << "nothing that is whole pushes another out";
  EXPECT_EQ(cuts.find(3), 103u);
  EXPECT_FALSE(cuts.find(7));
  cuts.note(7, 9, Cuts::Was::Cut);
  EXPECT_EQ(cuts.find(7), 9u);
  const Cuts copy = cuts;
  EXPECT_EQ(copy.find(7), 9u);
}

}  // namespace
}  // namespace jeton::verify
