#include "blocks/net/proxy_protocol.h"

#include <gtest/gtest.h>

namespace jeton::net {
namespace {

using namespace std::string_literals;

constexpr const char* kLine = "PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\r\n";
const std::string kSignature = "\r\n\r\n\0\r\nQUIT\n"s;
const std::string kV4 = kSignature + "\x21\x11\x00\x0c"s + "\xc0\x00\x02\x01\xc6\x33\x64\x02\xdc\x04\x01\xbb"s;
const std::string kV6 =
    kSignature + "\x21\x21\x00\x24"s + "\x20\x01\x0d\xb8"s + std::string(11, '\0') + "\x01" + std::string(16, '\x09') + "\0\1\0\2"s;

std::string source(std::string_view octets) {
  const auto read = read_preamble(octets);
  if (!read) return "refused";
  if (!*read) return "more";
  return (*read)->source ? (*read)->source->text() : "peer";
}

TEST(ProxyProtocol, BothVersionsNameTheCaller) {
  EXPECT_EQ(source(kLine), "192.0.2.1");
  EXPECT_EQ(source("PROXY TCP6 2001:db8::1 2001:db8::2 1 65535\r\nGET /"), "2001:db8::1");
  EXPECT_EQ(source("PROXY TCP6 ::ffff:192.0.2.1 ::1 1 2\r\n"), "192.0.2.1") << "a mapped address is the IPv4 address";
  EXPECT_EQ(source(kV4), "192.0.2.1");
  EXPECT_EQ(source(kV6), "2001:db8::1");
  EXPECT_EQ((*read_preamble(kV4 + "GET / HTTP/1.1"))->size, kV4.size());
  EXPECT_EQ((*read_preamble(std::string(kLine) + "GET / HTTP/1.1"))->size, std::string_view(kLine).size());
}

TEST(ProxyProtocol, WhoSpeaksForItselfIsThePeer) {
  EXPECT_EQ(source("PROXY UNKNOWN\r\n"), "peer");
  EXPECT_EQ(source("PROXY UNKNOWN 192.0.2.1 192.0.2.2 1 2\r\n"), "peer");
  auto local = kV4;
  local[12] = 0x20;
  EXPECT_EQ(source(local), "peer");
  EXPECT_EQ(source(kSignature + "\x21\x00\x00\x00"s), "peer");
  EXPECT_EQ(source(kSignature + "\x21\x31\x00\xd8"s + std::string(216, 'x')), "peer") << "a Unix socket";
}

TEST(ProxyProtocol, MoreOfThePreambleIsWaitedFor) {
  for (const auto& whole : {std::string(kLine), kV4, kV6})
    for (std::size_t n = 0; n < whole.size(); ++n) ASSERT_EQ(source(std::string_view(whole).substr(0, n)), "more") << n;
}

TEST(ProxyProtocol, ExtensionsAreCountedAndPassedOver) {
  auto longer = kV4 + "\x04\x00\x02xx"s + "\x02\x00\x00"s;
  longer[15] = static_cast<char>(12 + 8);
  EXPECT_EQ(source(longer), "192.0.2.1");
  longer[18 + 12] = 9;   // longer than what is there
  EXPECT_EQ(source(longer), "refused");
}

TEST(ProxyProtocol, WhatIsMalformedIsRefused) {
  for (const auto bad :
       {"GET / HTTP/1.1\r\n", "proxy TCP4 192.0.2.1 192.0.2.2 1 2\r\n", "PROXY TCP4 192.0.2.1 192.0.2.2 1\r\n",
        "PROXY TCP4 192.0.2.1 192.0.2.2 1 2 3\r\n", "PROXY TCP4  192.0.2.1 192.0.2.2 1 2\r\n", "PROXY TCP4 192.0.2.01 192.0.2.2 1 2\r\n",
        "PROXY TCP4 192.0.2 192.0.2.2 1 2\r\n", "PROXY TCP4 0xc0.0.2.1 192.0.2.2 1 2\r\n", "PROXY TCP4 ::1 ::2 1 2\r\n",
        "PROXY TCP6 192.0.2.1 192.0.2.2 1 2\r\n", "PROXY TCP6 fe80::1%eth0 ::1 1 2\r\n", "PROXY TCP4 192.0.2.1 192.0.2.2 65536 2\r\n",
        "PROXY TCP4 192.0.2.1 192.0.2.2 01 2\r\n", "PROXY TCP4 192.0.2.1 192.0.2.2 -1 2\r\n", "PROXY UDP4 192.0.2.1 192.0.2.2 1 2\r\n",
        "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\n", "PROXY \r\n", "PROXY TCP4 192.0.2.1, 192.0.2.2 1 2\r\n"})
    EXPECT_EQ(source(bad), "refused") << bad;
  EXPECT_EQ(source("PROXY UNKNOWN " + std::string(200, 'x')), "refused") << "longer than a line may be";
  for (const auto& [at, octet] :
       {std::pair<std::size_t, int>{12, 0x11}, {12, 0x22}, {12, 0x31}, {13, 0x13}, {13, 0x41}, {15, 11}, {14, 0x10}}) {
    auto bad = kV4;
    bad[at] = static_cast<char>(octet);
    EXPECT_EQ(source(bad), "refused") << at << " " << octet;
  }
}

}  // namespace
}  // namespace jeton::net
