#include "blocks/crypto/password.h"

#include <gtest/gtest.h>

#include <string>

#include "blocks/crypto/random.h"

namespace jeton::crypto {
namespace {

constexpr PasswordCost kQuick{1, 8192};

Secret secret(std::string_view text) { return Secret::copy_of(as_bytes(text)); }

TEST(Password, IsItselfAndNothingElse) {
  SystemEntropy entropy;
  const auto stored = hash_password(secret("correct horse"), kQuick, entropy).value();
  EXPECT_TRUE(stored.starts_with("$argon2id$v=19$m=8192,t=1,p=1$"));
  EXPECT_TRUE(is_password(secret("correct horse"), stored).value());
  // Lengths are part of it, also where the rest is NUL.
  for (const auto& other : {std::string("correct hors"), std::string("correct horse\0", 14), std::string(), std::string("Correct horse"),
                            std::string(2000, 'a')})
    EXPECT_FALSE(is_password(secret(other), stored).value());
}

TEST(Password, HashesDifferUnderFreshSalts) {
  SystemEntropy entropy;
  EXPECT_NE(hash_password(secret("x"), kQuick, entropy).value(), hash_password(secret("x"), kQuick, entropy).value());
}

// Written by the reference implementation (libargon2 20171227).
TEST(Password, ReadsWhatTheReferenceWrites) {
  const std::string stored = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$/DO3gTkjHTS3Fia9YkXB1y76GQrWBcPYFmpyrc7fosI";
  EXPECT_EQ(cost_of(stored).value(), (PasswordCost{2, 65536}));
  EXPECT_TRUE(is_password(secret("password"), stored).value());
  EXPECT_FALSE(is_password(secret("passwore"), stored).value());
}

TEST(Password, RefusesWhatIsNotAHash) {
  for (const auto* text : {"", "$argon2id$", "$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$AAAA", "$argon2id$v=19$m=1,t=1,p=1$$",
                           "$argon2id$v=19$m=4294967295,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"})
    EXPECT_TRUE(is_password(secret("x"), text).error().is(Refusal::Malformed)) << text;
}

TEST(Password, KeysFollowSaltCostAndPassphrase) {
  const auto salt = as_bytes("0123456789abcdef");
  const auto key = argon2id(secret("pass"), salt, kQuick, 32).value();
  EXPECT_TRUE(key.equal(argon2id(secret("pass"), salt, kQuick, 32).value()));
  EXPECT_FALSE(key.equal(argon2id(secret("pasS"), salt, kQuick, 32).value()));
  EXPECT_FALSE(key.equal(argon2id(secret("pass"), as_bytes("0123456789abcdeF"), kQuick, 32).value()));
  EXPECT_FALSE(key.equal(argon2id(secret("pass"), salt, {2, 8192}, 32).value()));
  EXPECT_FALSE(argon2id(secret("pass"), as_bytes("short"), kQuick, 32));
  EXPECT_FALSE(argon2id(secret("pass"), salt, {0, 8192}, 32));
  EXPECT_FALSE(argon2id(secret("pass"), salt, {1, 1024}, 32));
}

}  // namespace
}  // namespace jeton::crypto
