#include "blocks/crypto/random.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <set>

namespace jeton::crypto {
namespace {

TEST(Random, NothingIsDealtOutTwice) {
  SystemEntropy entropy;
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    Bytes drawn(16);
    ASSERT_TRUE(entropy.fill(drawn));
    EXPECT_TRUE(seen.insert(to_hex(drawn)).second);
  }
}

// What is drawn ahead is the parent's: a child that dealt it out too would make the same tokens.
TEST(Random, AForkedProcessDrawsAnew) {
  SystemEntropy entropy;
  Bytes drawn(16);
  ASSERT_TRUE(entropy.fill(drawn));
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const bool told = entropy.fill(drawn) && ::write(ends[1], drawn.data(), drawn.size()) == 16;
    ::_exit(told ? 0 : 1);
  }
  Bytes childs(16);
  const auto read = ::read(ends[0], childs.data(), childs.size());
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ::close(ends[0]), ::close(ends[1]);
  ASSERT_EQ(read, 16);
  ASSERT_EQ(status, 0);
  ASSERT_TRUE(entropy.fill(drawn));
  EXPECT_NE(drawn, childs);
}

}  // namespace
}  // namespace jeton::crypto
