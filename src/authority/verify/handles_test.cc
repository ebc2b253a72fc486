// What more of than there are handles comes to: tables that are full refuse, and do not begin anew.
#include <gtest/gtest.h>

#include "authority/verify/world.h"

namespace jeton::verify {
namespace {

ApiId api(std::uint32_t n) {
  Ulid u;
  for (std::size_t i = 0; i < 4; ++i) u.octets[15 - i] = static_cast<std::uint8_t>(n >> (8 * i));
  return ApiId(u);
}

TEST(Handles, AnApiThatHasNoneIsNoOtherApi) {
  World world;
  for (std::uint32_t n = 0; n < 0x10002; ++n) {
    auto one = std::make_shared<LiveApi>();
    one->id = api(n);
    one->name = std::to_string(n);
    world.apis.push_back(std::move(one));
  }
  EXPECT_EQ(world.find_api(api(0)), 0);
  EXPECT_EQ(world.find_api("1"), 1);
  EXPECT_EQ(world.find_api(api(0xfffe)), 0xfffe);
  for (const std::uint32_t n : {0xffffu, 0x10000u, 0x10001u}) {
    EXPECT_EQ(world.find_api(api(n)), World::kNoApi) << n;
    EXPECT_EQ(world.find_api(std::to_string(n)), World::kNoApi) << n;
  }
}

TEST(Handles, ScopesThatHaveNoneAreNoScopes) {
  Epochs epochs;
  Tokens tokens(epochs);
  const auto scope = [](std::uint32_t n) { return std::to_string(10'000'000 + n); };
  constexpr std::uint32_t kMost = 1 << 20;   // the empty set is one of them
  for (std::uint32_t n = 1; n < kMost; ++n) tokens.intern({scope(n)});
  EXPECT_EQ(tokens.scope_set(tokens.intern({scope(kMost - 1)})).joined, scope(kMost - 1));
  EXPECT_EQ(tokens.scope_set(tokens.intern({scope(kMost)})).joined, "");
  EXPECT_EQ(tokens.scope_set(tokens.intern({scope(1)})).joined, scope(1));
}

}  // namespace
}  // namespace jeton::verify
