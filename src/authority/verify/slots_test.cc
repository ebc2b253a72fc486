#include "authority/verify/slots.h"

#include <gtest/gtest.h>

#include <random>
#include <thread>
#include <vector>

namespace jeton::verify {
namespace {

std::uint32_t find(const Slots& slots, const std::vector<std::uint64_t>& keys, std::uint64_t key) {
  return slots.find(key, [&](std::uint32_t h) { return keys[h] == key; });
}

TEST(Slots, EveryKeyIsFoundThroughGrowthAndErasure) {
  Epochs epochs;
  Slots slots(epochs);
  std::mt19937_64 random(7);
  std::vector<std::uint64_t> keys(100'000);
  for (std::uint32_t h = 0; h < keys.size(); ++h) {
    keys[h] = random();
    slots.insert(keys[h], h);
  }
  for (std::uint32_t h = 0; h < keys.size(); ++h) ASSERT_EQ(find(slots, keys, keys[h]), h);
  for (std::uint32_t h = 0; h < keys.size(); h += 2) slots.erase(keys[h], h);
  for (std::uint32_t h = 0; h < keys.size(); ++h) ASSERT_EQ(find(slots, keys, keys[h]), h % 2 == 0 ? Slots::kNone : h);
  EXPECT_EQ(slots.size(), keys.size() / 2);
}

TEST(Slots, KeysThatShareTheirUpperHalfAreToldApart) {
  Epochs epochs;
  Slots slots(epochs);
  const std::vector<std::uint64_t> keys = {0xabcdef01'00000001, 0xabcdef01'00000002, 0xabcdef01'00000003};
  for (std::uint32_t h = 0; h < keys.size(); ++h) slots.insert(keys[h], h);
  for (std::uint32_t h = 0; h < keys.size(); ++h) EXPECT_EQ(find(slots, keys, keys[h]), h);
  EXPECT_EQ(find(slots, keys, 0xabcdef01'00000004), Slots::kNone);
}

TEST(Slots, ErasingAndInsertingForeverDoesNotFillTheTable) {
  Epochs epochs;
  Slots slots(epochs);
  std::mt19937_64 random(8);
  std::vector<std::uint64_t> keys(64);
  for (std::uint32_t round = 0; round < 50'000; ++round) {
    const std::uint32_t h = round % keys.size();
    if (round >= keys.size()) slots.erase(keys[h], h);
    keys[h] = random();
    slots.insert(keys[h], h);
  }
  for (std::uint32_t h = 0; h < keys.size(); ++h) EXPECT_EQ(find(slots, keys, keys[h]), h);
}

TEST(SlotsConcurrent, AKeyThatIsInIsFoundWhileOthersComeAndGo) {
  Epochs epochs;
  Slots slots(epochs);
  std::mt19937_64 random(9);
  std::vector<std::uint64_t> keys(50'000);
  for (auto& k : keys) k = random();
  for (std::uint32_t h = 0; h < 100; ++h) slots.insert(keys[h], h);
  std::atomic<bool> stop{false};
  std::atomic<int> missed{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i)
    readers.emplace_back([&] {
      while (!stop)
        for (std::uint32_t h = 0; h < 100; ++h) {
          const ReadSection inside(epochs);
          if (find(slots, keys, keys[h]) != h) ++missed;
        }
    });
  for (std::uint32_t h = 100; h < keys.size(); ++h) {
    slots.insert(keys[h], h);
    if (h % 3 == 0) slots.erase(keys[h], h);
  }
  stop = true;
  for (auto& r : readers) r.join();
  EXPECT_EQ(missed, 0);
}

}  // namespace
}  // namespace jeton::verify
