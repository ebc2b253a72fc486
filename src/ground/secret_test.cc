#include "ground/secret.h"

#include <gtest/gtest.h>
#include <concepts>
#include <ostream>
#include <type_traits>

#include "ground/secret_pass.h"

namespace jeton {
namespace {

template <class T>
concept Printable = requires(std::ostream& out, const T& value) { out << value; };
template <class T>
concept Comparable = requires(const T& a, const T& b) { a == b; };
template <class T>
concept Ordered = requires(const T& a, const T& b) { a < b; };
template <class T>
concept Readable = requires(const T& value) { value.read(SecretPass{}); };

// The twins show that each concept can be met.
static_assert(Printable<std::string> && Comparable<std::string> && Ordered<std::string>);
static_assert(!Printable<Secret> && !Comparable<Secret> && !Ordered<Secret>);
static_assert(!std::is_copy_constructible_v<Secret> && !std::is_copy_assignable_v<Secret>);
static_assert(std::is_nothrow_move_constructible_v<Secret> && std::is_nothrow_move_assignable_v<Secret>);
static_assert(!std::is_convertible_v<Secret, std::string> && !std::is_convertible_v<Secret, ByteView>);
static_assert(!std::is_convertible_v<Bytes, Secret> && !std::is_convertible_v<std::size_t, Secret>);
static_assert(!std::is_default_constructible_v<SecretPass>, "a pass is given to the rooms of the list");

ByteView octets_of(const Secret& secret) { return secret.read(crypto::Pass::key()); }

TEST(Secret, EqualIsByContentAndLength) {
  const auto secret = Secret::copy_of(as_bytes("correct horse"));
  EXPECT_TRUE(secret.equal(as_bytes("correct horse")));
  EXPECT_TRUE(secret.equal(Secret::copy_of(as_bytes("correct horse"))));
  EXPECT_FALSE(secret.equal(as_bytes("correct hors")));
  EXPECT_FALSE(secret.equal(as_bytes(std::string_view("correct horse\0", 14))));
  EXPECT_FALSE(secret.equal(as_bytes("Correct horse")));
}

TEST(Secret, MovedFromIsEmpty) {
  auto a = Secret::copy_of(as_bytes("battery"));
  const Secret b = std::move(a);
  EXPECT_TRUE(a.empty());  // NOLINT(bugprone-use-after-move): that is the promise
  EXPECT_TRUE(b.equal(as_bytes("battery")));
}

TEST(Secret, AssigningOverOneKeepsTheNewAndSurvivesItself) {
  auto a = Secret::copy_of(as_bytes("old"));
  a = Secret::copy_of(as_bytes("new one"));
  EXPECT_TRUE(a.equal(as_bytes("new one")));
  auto& self = a;
  a = std::move(self);
  EXPECT_TRUE(a.equal(as_bytes("new one")));
}

TEST(Secret, CloneIsASecondOwner) {
  auto a = Secret::copy_of(as_bytes("staple"));
  const auto b = a.clone();
  a.write(crypto::Pass::key())[0] = 'S';
  EXPECT_TRUE(b.equal(as_bytes("staple")));
  EXPECT_TRUE(a.equal(as_bytes("Staple")));
}

TEST(Secret, TakesOctetsOverWithoutACopy) {
  Bytes octets(40, 9);
  const auto* where = octets.data();
  const Secret secret(std::move(octets));
  EXPECT_EQ(octets_of(secret).data(), where);
}

TEST(Secret, SizedSecretsBeginAsZeros) {
  const Secret secret(3);
  EXPECT_EQ(to_hex(octets_of(secret)), "000000");
}

}  // namespace
}  // namespace jeton
