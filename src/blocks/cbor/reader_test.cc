#include "blocks/cbor/reader.h"

#include <gtest/gtest.h>

namespace jeton::cbor {
namespace {

Bytes hex(std::string_view text) {
  Bytes out;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2)
    out.push_back(static_cast<std::uint8_t>(std::stoi(std::string(text.substr(i, 2)), nullptr, 16)));
  return out;
}

std::int64_t integer(std::string_view text) { return parse(hex(text)).value().integer; }

// RFC 8949 Appendix A.
TEST(Cbor, ReadsTheExamplesOfTheRfc) {
  EXPECT_EQ(integer("00"), 0);
  EXPECT_EQ(integer("17"), 23);
  EXPECT_EQ(integer("1818"), 24);
  EXPECT_EQ(integer("1903e8"), 1000);
  EXPECT_EQ(integer("1a000f4240"), 1000000);
  EXPECT_EQ(integer("1b000000e8d4a51000"), 1000000000000);
  EXPECT_EQ(integer("20"), -1);
  EXPECT_EQ(integer("3863"), -100);
  EXPECT_EQ(integer("3903e7"), -1000);
  EXPECT_EQ(parse(hex("f5")).value().kind, Kind::Boolean);
  EXPECT_EQ(parse(hex("f6")).value().kind, Kind::Null);
  EXPECT_EQ(parse(hex("4401020304")).value().octets, hex("01020304"));
  EXPECT_EQ(parse(hex("62c3bc")).value().text, "\xc3\xbc");
  const auto array = parse(hex("8301820203820405")).value();
  ASSERT_EQ(array.items.size(), 3u);
  EXPECT_EQ(array.items[2].items[1].integer, 5);
  const auto map = parse(hex("a26161016162820203")).value();
  EXPECT_EQ(map.find("a")->integer, 1);
  EXPECT_EQ(map.find("b")->items.size(), 2u);
  EXPECT_EQ(map.find("c"), nullptr);
  EXPECT_EQ(parse(hex("a201020304")).value().find(3)->integer, 4);
}

TEST(Cbor, RefusesWhatIsNotReadHere) {
  for (const auto* wrong : {"",
                            "18",
                            "1b00",
                            "4401",
                            "a1",
                            "a10",
                            "8301",       // cut short
                            "0000",                                                // something left over
                            "5f42010243030405ff",
                            "7f61616161ff",
                            "9fff",
                            "bfff",  // indefinite lengths
                            "c11a514b67b0",
                            "d74401020304",                        // tags
                            "f90000",
                            "fa47c35000",
                            "fb3ff199999999999a",
                            "f7",
                            "f0",   // floating point, undefined, other simple values
                            "a201020103",
                            "a2616101616102",       // a key twice
                            "a1f501",
                            "a1410101",
                            "a18001",                       // keys of other kinds
                            "1bffffffffffffffff",
                            "3bffffffffffffffff",            // beyond 64 bits with a sign
                            "9bffffffffffffffff",
                            "bbffffffffffffffff",
                            "5bffffffffffffffff",
                            "9a00ffffff00"})   // counts that cannot be
    EXPECT_FALSE(parse(hex(wrong))) << wrong;
}

TEST(Cbor, StopsAtItsLimits) {
  Bytes deep(9, 0x81);
  deep.push_back(0);
  EXPECT_TRUE(parse(deep).error().is(Refusal::TooLarge));
  EXPECT_TRUE(parse(ByteView(deep).subspan(1)));
  EXPECT_TRUE(parse(Bytes(1 << 17)).error().is(Refusal::TooLarge));
  Bytes many{0x99, 0x08, 0x00};
  many.resize(3 + 2048);
  EXPECT_TRUE(parse(many).error().is(Refusal::TooLarge));
}

TEST(Cbor, SaysWhereTheValueAtTheFrontEnds) {
  const auto front = parse_front(hex("a10102ffff")).value();
  EXPECT_EQ(front.second, 3u);
  EXPECT_EQ(front.first.find(1)->integer, 2);
}

}  // namespace
}  // namespace jeton::cbor
