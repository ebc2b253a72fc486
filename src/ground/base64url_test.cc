#include "ground/base64url.h"

#include <gtest/gtest.h>
#include <cctype>
#include <random>
#include <set>

namespace jeton::base64url {
namespace {

std::string text_of(std::string_view octets) { return encode(as_bytes(octets)); }

TEST(Base64url, Rfc4648Section10Vectors) {
  const std::pair<std::string_view, std::string_view> vectors[] = {
      {"", ""}, {"f", "Zg"}, {"fo", "Zm8"}, {"foo", "Zm9v"}, {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}};
  for (const auto& [octets, text] : vectors) {
    EXPECT_EQ(text_of(octets), text);
    const auto back = decode(text);
    ASSERT_TRUE(back) << text;
    EXPECT_EQ(as_text(*back), octets);
  }
}

// RFC 7515 appendix C.
TEST(Base64url, UsesTheUrlAlphabet) {
  const Bytes octets{3, 236, 255, 224, 193};
  EXPECT_EQ(encode(octets), "A-z_4ME");
  EXPECT_EQ(decode("A-z_4ME"), octets);
  EXPECT_FALSE(decode("A+z/4ME"));
}

TEST(Base64url, RefusesPadding) {
  EXPECT_TRUE(decode("Zg"));
  for (const auto* text : {"Zg==", "Zg=", "Zm8=", "=", "====", "Zm9v="}) EXPECT_FALSE(decode(text)) << text;
}

TEST(Base64url, RefusesLengthsThatNoOctetsHave) {
  for (const auto* text : {"A", "AAAAA", "AAAAAAAAA"}) EXPECT_FALSE(decode(text)) << text;
}

TEST(Base64url, RefusesWhiteSpaceControlsAndHighOctets) {
  EXPECT_TRUE(decode("Zm9vYmFy"));
  for (int c = 0; c < 256; ++c) {
    const char octet = static_cast<char>(c);
    const bool digit = (c < 128 && std::isalnum(c) != 0) || octet == '-' || octet == '_';
    for (const std::size_t at : {0, 1, 2, 3, 4, 5}) {
      std::string text = "AAAAAAAA";
      text[at] = octet;
      EXPECT_EQ(decode(text).has_value(), digit) << c << " at " << at;
    }
    // The last digit of a tail has slack bits: other digits than these may be refused as well.
    if (!digit) { EXPECT_FALSE(decode(std::string("AAAAAA") + octet)) << c << " in a tail of three"; }
    if (!digit) { EXPECT_FALSE(decode(std::string("AAAAA") + octet)) << c << " in a tail of two"; }
  }
}

// Every text of two and of three characters: exactly one spells each value, or two texts would be one token.
TEST(Base64url, SlackBitsAreZeroSoEverySpellingIsUnique) {
  static constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::set<Bytes> seen;
  int accepted = 0;
  for (const char a : kDigits)
    for (const char b : kDigits) {
      const auto octets = decode(std::string{a, b});
      if (!octets) continue;
      ++accepted;
      EXPECT_TRUE(seen.insert(*octets).second);
    }
  EXPECT_EQ(accepted, 256);
  accepted = 0;
  for (const char a : kDigits)
    for (const char b : kDigits)
      for (const char c : kDigits) accepted += decode(std::string{a, b, c}).has_value() ? 1 : 0;
  EXPECT_EQ(accepted, 65536);
}

TEST(Base64url, RandomOctetsGoThereAndBack) {
  std::mt19937 random(20260101);
  for (std::size_t size = 0; size < 300; ++size) {
    Bytes octets(size);
    for (auto& octet : octets) octet = static_cast<std::uint8_t>(random());
    const auto text = encode(octets);
    EXPECT_EQ(text.size(), encoded_size(size));
    EXPECT_EQ(decoded_size(text.size()), size);
    EXPECT_EQ(decode(text), octets);
  }
}

TEST(Base64url, DecodesIntoACallersBuffer) {
  Bytes room(3, 0xee);
  EXPECT_EQ(decode_into("Zm8", room), 2u);
  EXPECT_EQ(room, (Bytes{'f', 'o', 0xee}));
  EXPECT_FALSE(decode_into("Zm9vYg", room)) << "four octets do not fit three";
  EXPECT_EQ(decode_into("", ByteSpan()), 0u);
}

TEST(Base64url, Appends) {
  std::string out = "a.";
  append(out, as_bytes("foob"));
  EXPECT_EQ(out, "a.Zm9vYg");
}

}  // namespace
}  // namespace jeton::base64url
