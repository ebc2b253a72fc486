// Addresses, prefixes and forwarded chains: one spelling, one family, one resolver.
#include <gtest/gtest.h>

#include "blocks/net/address.h"
#include "blocks/net/forwarded.h"
#include "blocks/net/prefix_set.h"

namespace jeton::net {
namespace {

Address address(std::string_view text) { return Address::parse(text).value(); }
Prefix prefix(std::string_view text) { return Prefix::parse(text).value(); }

TEST(Address, SpellingsThatMeanOneAddress) {
  for (const auto& [given, said] : {std::pair<std::string_view, std::string_view>{"192.0.2.1", "192.0.2.1"},
                                    {"0.0.0.0", "0.0.0.0"},
                                    {"255.255.255.255", "255.255.255.255"},
                                    {"2001:DB8::1", "2001:db8::1"},
                                    {"2001:db8:0:0:0:0:0:1", "2001:db8::1"},
                                    {"::", "::"},
                                    {"::ffff:192.0.2.1", "192.0.2.1"},
                                    {"::ffff:c000:201", "192.0.2.1"},
                                    {"64:ff9b::192.0.2.1", "64:ff9b::c000:201"}}) {
    ASSERT_TRUE(Address::parse(given)) << given;
    EXPECT_EQ(address(given).text(), said);
  }
}

TEST(Address, SpellingsThatProgramsReadDifferently) {
  for (const std::string_view text : {"",
                                      "1",
                                      "127.1",
                                      "127.0.1",
                                      "0x7f.0.0.1",
                                      "0x7f000001",
                                      "2130706433",
                                      "0177.0.0.1",
                                      "127.00.0.1",
                                      "010.0.0.1",
                                      "256.0.0.1",
                                      "1.2.3.4.5",
                                      "1.2.3.",
                                      ".1.2.3.4",
                                      "1.2.3.4 ",
                                      " 1.2.3.4",
                                      "1.2.3.-4",
                                      "1.2.3.+4",
                                      "1.2.3.4/32",
                                      "[::1]",
                                      "fe80::1%eth0",
                                      "::1%1",
                                      "1:2:3:4:5:6:7",
                                      "1:2:3:4:5:6:7:8:9",
                                      "::1::2",
                                      ":1",
                                      "12345::",
                                      "::ffff:010.0.0.1",
                                      "::ffff:1.2.3",
                                      "g::1",
                                      "1.2.3.4:80"}) {
    EXPECT_FALSE(Address::parse(text)) << text;
  }
}

TEST(Prefix, HoldsItsOwnFamilyOnly) {
  EXPECT_TRUE(prefix("10.0.0.0/8").holds(address("10.255.0.1")));
  EXPECT_TRUE(prefix("10.0.0.0/8").holds(address("::ffff:10.1.2.3")));
  EXPECT_FALSE(prefix("10.0.0.0/8").holds(address("11.0.0.1")));
  EXPECT_TRUE(prefix("0.0.0.0/0").holds(address("203.0.113.9")));
  EXPECT_FALSE(prefix("0.0.0.0/0").holds(address("2001:db8::1")));
  EXPECT_TRUE(prefix("::/0").holds(address("2001:db8::1")));
  EXPECT_FALSE(prefix("::/0").holds(address("203.0.113.9")));
  EXPECT_TRUE(prefix("2001:db8::/33").holds(address("2001:db8:7fff::1")));
  EXPECT_FALSE(prefix("2001:db8::/33").holds(address("2001:db8:8000::1")));
  EXPECT_TRUE(prefix("192.0.2.7").holds(address("192.0.2.7")));
  EXPECT_FALSE(prefix("192.0.2.7").holds(address("192.0.2.6")));
  EXPECT_FALSE(prefix("0.0.0.0/0").holds(Address()));
}

TEST(Prefix, Malformed) {
  for (const std::string_view text :
       {"10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/08", "10.0.0.0/8 ", "10.0.0.1/8", "2001:db8::/129", "2001:db8::1/64",
        "10.0.0.0/8/8", "/8", "10/8", "::ffff:10.0.0.0/104", "10.0.0.0/255.0.0.0", "fe80::%1/64"})
    EXPECT_FALSE(Prefix::parse(text)) << text;
}

TEST(PrefixSet, FindsTheWidestThatHoldsIt) {
  const PrefixSet set(
      {prefix("10.0.0.0/8"), prefix("10.1.0.0/16"), prefix("192.0.2.0/24"), prefix("2001:db8::/32"), prefix("192.0.2.0/25")});
  EXPECT_EQ(set.size(), 3u);
  EXPECT_EQ(*set.find(address("10.1.2.3")), prefix("10.0.0.0/8"));
  EXPECT_EQ(*set.find(address("192.0.2.200")), prefix("192.0.2.0/24"));
  EXPECT_TRUE(set.holds(address("2001:db8:ffff::1")));
  for (const std::string_view outside : {"9.255.255.255", "11.0.0.0", "192.0.3.0", "2001:db9::", "::"})
    EXPECT_FALSE(set.holds(address(outside))) << outside;
  EXPECT_FALSE(set.holds(Address()));
  EXPECT_FALSE(PrefixSet().holds(address("10.0.0.1")));
}

// IPv4 stands in the middle of ::/0, by its octets.
TEST(PrefixSet, AskedOfBothFamiliesHoldsEach) {
  const PrefixSet all({prefix("::/0"), prefix("0.0.0.0/0")});
  const PrefixSet some({prefix("::/8"), prefix("10.0.0.0/8"), prefix("2001:db8::/32")});
  for (const std::string_view inside :
       {"2001:db8::1", "::1", "ffff::", "::fffe:0:0", "::1:0:0:0", "10.1.2.3", "0.0.0.0", "255.255.255.255"})
    EXPECT_TRUE(all.holds(address(inside))) << inside;
  for (const std::string_view inside : {"::1", "::1:0:0:0", "10.1.2.3", "2001:db8::1"}) EXPECT_TRUE(some.holds(address(inside))) << inside;
  for (const std::string_view outside : {"9.255.255.255", "11.0.0.0", "100::", "2001:db9::"})
    EXPECT_FALSE(some.holds(address(outside))) << outside;
}

struct Case {
  std::string_view peer, name, value, from;
};

TEST(ClientAddress, WalksFromTheRightOverTrustedHops) {
  const PrefixSet trusted({prefix("10.0.0.0/8"), prefix("2001:db8:ffff::/48")});
  for (const auto& c : {
           Case{"203.0.113.1", "X-Forwarded-For", "198.51.100.1", "203.0.113.1"},               // nobody we trust says so
           {"10.0.0.1", "X-Forwarded-For", "198.51.100.1", "198.51.100.1"},
           {"10.0.0.1", "x-forwarded-for", "6.6.6.6, 198.51.100.1", "198.51.100.1"},             // what the caller wrote is left of it
           {"10.0.0.1", "X-Forwarded-For", "6.6.6.6, 198.51.100.1, 10.0.0.2", "198.51.100.1"},
           {"10.0.0.1", "X-Forwarded-For", "10.0.0.3, 10.0.0.2", "10.0.0.3"},                    // all ours: the farthest
           {"10.0.0.1", "X-Forwarded-For", "198.51.100.1:4711", "198.51.100.1"},
           {"10.0.0.1", "X-Forwarded-For", "[2001:db8::1]:80", "2001:db8::1"},
           {"10.0.0.1", "X-Forwarded-For", "::ffff:198.51.100.1", "198.51.100.1"},
           {"::ffff:10.0.0.1", "X-Forwarded-For", "198.51.100.1", "198.51.100.1"},               // a proxy on a dual socket
           {"10.0.0.1", "X-Forwarded-For", "", "10.0.0.1"},
           {"10.0.0.1", "X-Forwarded-For", "198.51.100.1,", "10.0.0.1"},
           {"10.0.0.1", "X-Forwarded-For", "unknown", "10.0.0.1"},
           {"10.0.0.1", "X-Forwarded-For", "127.1", "10.0.0.1"},
           {"10.0.0.1", "X-Forwarded-For", "0x7f.0.0.1, 198.51.100.1", "10.0.0.1"},              // malformed anywhere
           {"10.0.0.1", "X-Forwarded-For", "198.51.100.1; drop", "10.0.0.1"},
           {"10.0.0.1", "Forwarded", "for=198.51.100.1;proto=https", "198.51.100.1"},
           {"10.0.0.1", "Forwarded", "proto=https; For=\"[2001:db8::7]:8080\"", "2001:db8::7"},
           {"10.0.0.1", "Forwarded", "for=6.6.6.6, for=198.51.100.1", "198.51.100.1"},
           {"10.0.0.1", "Forwarded", "for=\", for=198.51.100.1", "10.0.0.1"},                    // a quote the caller left open
           {"10.0.0.1", "Forwarded", "for=_hidden", "10.0.0.1"},
           {"10.0.0.1", "Forwarded", "by=198.51.100.1", "10.0.0.1"},
           {"10.0.0.1", "X-Real-IP", "198.51.100.1", "10.0.0.1"},
       }) {
    const HeaderField field{c.name, c.value};
    EXPECT_EQ(client_address(address(c.peer), {&field, 1}, trusted), address(c.from)) << c.name << ": " << c.value;
  }
}

TEST(ClientAddress, TwoFieldsOfTwoKindsAreNotBelieved) {
  const PrefixSet trusted({prefix("10.0.0.0/8")});
  const HeaderField both[] = {{"X-Forwarded-For", "198.51.100.1"}, {"Forwarded", "for=198.51.100.2"}};
  EXPECT_EQ(client_address(address("10.0.0.1"), both, trusted), address("10.0.0.1"));
  const HeaderField twice[] = {{"X-Forwarded-For", "6.6.6.6"}, {"X-Forwarded-For", "198.51.100.1"}};
  EXPECT_EQ(client_address(address("10.0.0.1"), twice, trusted), address("198.51.100.1"));
}

TEST(ClientAddress, AnEndlessChainIsNotBelieved) {
  std::string chain = "198.51.100.1";
  for (int i = 0; i < 31; ++i) chain += ", 10.0.0.2";
  HeaderField field{"X-Forwarded-For", chain};
  const PrefixSet trusted({prefix("10.0.0.0/8")});
  EXPECT_EQ(client_address(address("10.0.0.1"), {&field, 1}, trusted), address("198.51.100.1"));
  chain += ", 10.0.0.2";
  field.value = chain;
  EXPECT_EQ(client_address(address("10.0.0.1"), {&field, 1}, trusted), address("10.0.0.1"));
}

}  // namespace
}  // namespace jeton::net
