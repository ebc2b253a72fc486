#include "blocks/crypto/selftest/random_health.h"

#include <gtest/gtest.h>

#include "blocks/crypto/random.h"

namespace jeton::crypto {
namespace {

TEST(RandomHealth, ASoundSourcePasses) {
  SystemEntropy entropy;
  RandomHealth health;
  Bytes octets(1 << 20);
  ASSERT_TRUE(entropy.fill(octets));
  EXPECT_TRUE(health.take(octets));
}

TEST(RandomHealth, SP800_90B_4_4_1_AStuckSourceFailsAtTheCutoffAndNotBefore) {
  RandomHealth health;
  EXPECT_TRUE(health.take(Bytes(RandomHealth::kRepetitions - 1, 7)));
  EXPECT_FALSE(health.take(Bytes{7}));
  EXPECT_FALSE(health.take(Bytes{1, 2, 3})) << "it does not recover";
}

// Every 19th octet is the same: never two in a row, far too many in a window.
TEST(RandomHealth, SP800_90B_4_4_2_ABiasedSourceFails) {
  Bytes octets;
  for (unsigned i = 0; i < RandomHealth::kWindow; ++i) octets.push_back(i % 19 == 0 ? 7 : static_cast<std::uint8_t>(8 + i % 200));
  RandomHealth health;
  EXPECT_FALSE(health.take(octets));
  Bytes rarer;
  for (unsigned i = 0; i < RandomHealth::kWindow; ++i) rarer.push_back(i % 25 == 0 ? 7 : static_cast<std::uint8_t>(8 + i % 200));
  RandomHealth other;
  EXPECT_TRUE(other.take(rarer));
}

}  // namespace
}  // namespace jeton::crypto
