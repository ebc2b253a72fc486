#include "ground/id.h"

#include <gtest/gtest.h>
#include <type_traits>
#include <unordered_set>

namespace jeton {
namespace {

// Octets that count up; fails when told to.
class Counting : public Entropy {
 public:
  Status fill(ByteSpan out) override {
    if (empty_) return fault(Fault::NoEntropy);
    for (auto& octet : out) octet = next_++;
    return {};
  }
  void run_dry() { empty_ = true; }

 private:
  std::uint8_t next_ = 0;
  bool empty_ = false;
};

constexpr auto kNow = Instant::from_millis(1469918176385);  // the example of github.com/ulid/spec

static_assert(!std::is_convertible_v<TokenId, DeviceId>);
static_assert(!std::is_constructible_v<TokenId, DeviceId>);
static_assert(!std::is_convertible_v<Ulid, TokenId>, "an id of a kind is made on purpose");

TEST(Ulid, TimeComesFirst) {
  Counting entropy;
  const auto u = Ulid::make(kNow, entropy);
  ASSERT_TRUE(u);
  EXPECT_EQ(u->text().substr(0, 10), "01ARYZ6S41");
  EXPECT_EQ(u->created(), kNow);
  EXPECT_EQ(to_hex(ByteView(u->octets).subspan(6)), "00010203040506070809");
}

TEST(Ulid, SortsByTimeAsOctetsAndAsText) {
  Counting entropy;
  const auto early = *Ulid::make(kNow, entropy);
  const auto late = *Ulid::make(kNow + Millis(1), entropy);
  EXPECT_LT(early, late);
  EXPECT_LT(early.text(), late.text());
}

TEST(Ulid, NoEntropyIsAFault) {
  Counting entropy;
  entropy.run_dry();
  const auto u = Ulid::make(kNow, entropy);
  ASSERT_FALSE(u);
  EXPECT_TRUE(u.error().is(Fault::NoEntropy));
}

TEST(Ulid, TextGoesThereAndBack) {
  for (const auto* text :
       {"00000000000000000000000000", "7ZZZZZZZZZZZZZZZZZZZZZZZZZ", "01ARZ3NDEKTSV4RRFFQ69G5FAV", "0123456789ABCDEFGHJKMNPQRS"}) {
    const auto u = Ulid::parse(text);
    ASSERT_TRUE(u) << text;
    EXPECT_EQ(u->text(), text);
  }
}

TEST(Ulid, OnlyTheCanonicalSpelling) {
  ASSERT_TRUE(Ulid::parse("01ARZ3NDEKTSV4RRFFQ69G5FAV"));
  for (const auto* text : {"01arz3ndektsv4rrffq69g5fav",  // lower case
                           "8ZZZZZZZZZZZZZZZZZZZZZZZZZ",  // 129 bits
                           "ZZZZZZZZZZZZZZZZZZZZZZZZZZ",
                           "01ARZ3NDEKTSV4RRFFQ69G5FA",    // 25
                           "01ARZ3NDEKTSV4RRFFQ69G5FAV0",  // 27
                           "O1ARZ3NDEKTSV4RRFFQ69G5FAV",   // O, I, L, U are not digits here
                           "01ARZ3NDEKTSV4RRFFQ69G5FAI", "01ARZ3NDEKTSV4RRFFQ69G5FAL", "01ARZ3NDEKTSV4RRFFQ69G5FAU",
                           "01ARZ3NDEK-SV4RRFFQ69G5FAV", " 1ARZ3NDEKTSV4RRFFQ69G5FAV", "-1ARZ3NDEKTSV4RRFFQ69G5FAV", ""})
    EXPECT_FALSE(Ulid::parse(text)) << text;
}

TEST(Id, CarriesItsPrefix) {
  const auto id = TokenId::parse("tok_01ARZ3NDEKTSV4RRFFQ69G5FAV");
  ASSERT_TRUE(id);
  EXPECT_EQ(id->text(), "tok_01ARZ3NDEKTSV4RRFFQ69G5FAV");
  for (const auto* text : {"dev_01ARZ3NDEKTSV4RRFFQ69G5FAV", "01ARZ3NDEKTSV4RRFFQ69G5FAV", "tok_", "tok_01ARZ3NDEKTSV4RRFFQ69G5FA",
                           "TOK_01ARZ3NDEKTSV4RRFFQ69G5FAV", "tok_tok_01ARZ3NDEKTSV4RRFFQ69G5FAV", ""})
    EXPECT_FALSE(TokenId::parse(text)) << text;
}

TEST(Id, ZeroIsNone) {
  Counting entropy;
  EXPECT_TRUE(TokenId().none());
  EXPECT_FALSE(TokenId::make(kNow, entropy)->none());
}

TEST(PrincipalId, TellsUsersFromServices) {
  const auto user = PrincipalId::parse("usr_01ARZ3NDEKTSV4RRFFQ69G5FAV");
  const auto service = PrincipalId::parse("svc_01ARZ3NDEKTSV4RRFFQ69G5FAV");
  ASSERT_TRUE(user && service);
  EXPECT_EQ(user->kind(), PrincipalKind::User);
  EXPECT_EQ(service->kind(), PrincipalKind::Service);
  EXPECT_NE(*user, *service) << "the same ULID of two kinds is two principals";
  EXPECT_EQ(user->text(), "usr_01ARZ3NDEKTSV4RRFFQ69G5FAV");
  EXPECT_EQ(service->text(), "svc_01ARZ3NDEKTSV4RRFFQ69G5FAV");
  for (const auto* text : {"dev_01ARZ3NDEKTSV4RRFFQ69G5FAV", "usr", "usr_", ""}) EXPECT_FALSE(PrincipalId::parse(text)) << text;
}

TEST(Id, Hashes) {
  Counting entropy;
  std::unordered_set<TokenId> seen;
  for (int i = 0; i < 20; ++i) seen.insert(*TokenId::make(kNow, entropy));
  EXPECT_EQ(seen.size(), 20u);
}

}  // namespace
}  // namespace jeton
