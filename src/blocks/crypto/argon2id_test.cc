#include "blocks/crypto/argon2id.h"

#include <gtest/gtest.h>

#include "ground/secret_pass.h"

namespace jeton::crypto {
namespace {

Result<Secret> of(std::string_view passphrase, std::string_view salt, const Argon2Cost& cost) {
  return argon2id(Secret::copy_of(as_bytes(passphrase)), as_bytes(salt), cost, 32);
}

// The value is of the argon2 reference program: echo -n password | argon2 somesaltsomesalt -id -t 2 -k 65536 -p 1 -l 32 -r
TEST(Argon2id, KnownAnswer) {
  const auto key = of("password", "somesaltsomesalt", {2, 65536});
  ASSERT_TRUE(key);
  EXPECT_EQ(to_hex(key->read(Pass::key())), "fc33b78139231d34b71626bd6245c1d72efa190ad605c3d8166a72adcedfa2c2");
}

TEST(Argon2id, EveryInputCounts) {
  const Argon2Cost cheap{1, 8};
  const auto key = of("password", "somesaltsomesalt", cheap);
  ASSERT_TRUE(key);
  EXPECT_TRUE(key->equal(*of("password", "somesaltsomesalt", cheap)));
  EXPECT_FALSE(key->equal(*of("passwore", "somesaltsomesalt", cheap)));
  EXPECT_FALSE(key->equal(*of("password", "somesaltsomesalu", cheap)));
  EXPECT_FALSE(key->equal(*of("password", "somesaltsomesalt", {2, 8})));
}

TEST(Argon2id, BoundsWhatAFileMayAsk) {
  EXPECT_FALSE(of("password", "short", {1, 8}));
  EXPECT_FALSE(of("password", "somesaltsomesalt", {0, 8}));
  EXPECT_FALSE(of("password", "somesaltsomesalt", {65, 8}));
  EXPECT_FALSE(of("password", "somesaltsomesalt", {1, 7}));
  EXPECT_FALSE(of("password", "somesaltsomesalt", {1, (1u << 20) + 1}));
}

}  // namespace
}  // namespace jeton::crypto
