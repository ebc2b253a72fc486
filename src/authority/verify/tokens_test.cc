#include "authority/verify/tokens.h"

#include <gtest/gtest.h>

namespace jeton::verify {
namespace {

// Where two hashes share what the table is sorted by, the rest of them still tells them apart.
TEST(TokensHeld, AreFoundByTheirWholeHash) {
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

}  // namespace
}  // namespace jeton::verify
