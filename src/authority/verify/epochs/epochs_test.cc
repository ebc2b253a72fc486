#include "authority/verify/epochs/epochs.h"

#include <gtest/gtest.h>

#include <thread>

namespace jeton::verify {
namespace {

struct Counted {
  explicit Counted(std::atomic<int>& alive) : alive_(alive) { ++alive_; }
  ~Counted() { --alive_; }
  std::atomic<int>& alive_;
};

TEST(Epochs, AThingIsKeptWhileAReaderIsInside) {
  std::atomic<int> alive{0};
  Epochs epochs;
  auto* thing = new Counted(alive);
  {
    const ReadSection inside(epochs);
    epochs.retire(thing);
    epochs.reclaim();
    EXPECT_EQ(alive, 1);
  }
  epochs.reclaim();
  EXPECT_EQ(alive, 0);
}

TEST(Epochs, AReaderThatEnteredLaterDoesNotHoldIt) {
  std::atomic<int> alive{0};
  Epochs epochs;
  epochs.retire(new Counted(alive));
  const ReadSection inside(epochs);
  epochs.reclaim();
  EXPECT_EQ(alive, 0);
}

TEST(Epochs, NestedSectionsHoldUntilTheOuterOneEnds) {
  std::atomic<int> alive{0};
  Epochs epochs;
  {
    const ReadSection outer(epochs);
    { const ReadSection inner(epochs); }
    epochs.retire(new Counted(alive));
    epochs.reclaim();
    EXPECT_EQ(alive, 1);
  }
  epochs.reclaim();
  EXPECT_EQ(alive, 0);
}

TEST(EpochsConcurrent, ReadersNeverSeeAFreedThing) {
  struct Box {
    explicit Box(int v) : value(v) {}
    ~Box() { value = -1; }
    volatile int value;
  };
  Epochs epochs;
  std::atomic<const Box*> shared{new Box(1)};
  std::atomic<bool> stop{false};
  std::atomic<int> bad{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < 4; ++i)
    readers.emplace_back([&] {
      while (!stop) {
        const ReadSection inside(epochs);
        if (shared.load()->value <= 0) ++bad;
      }
    });
  for (int i = 2; i < 20000; ++i) epochs.retire(shared.exchange(new Box(i)));
  stop = true;
  for (auto& r : readers) r.join();
  delete shared.load();
  EXPECT_EQ(bad, 0);
}

}  // namespace
}  // namespace jeton::verify
