#include "blocks/net/guard.h"

#include <gtest/gtest.h>

namespace jeton::net {
namespace {

Address at(std::string_view text) { return *Address::parse(text); }

TEST(Guard, PublicAddressesAreLetThroughAndOthersAreNot) {
  const Guard guard;
  for (const auto text : {"93.184.216.34", "8.8.8.8", "172.32.0.1", "2606:2800:220:1::1"})
    EXPECT_TRUE(guard.lets("app.example.com", at(text))) << text;
  for (const auto text : {"127.0.0.1",
                          "127.255.0.9",
                          "10.1.2.3",
                          "172.16.0.1",
                          "172.31.255.255",
                          "192.168.1.1",
                          "169.254.169.254",
                          "100.64.0.1",
                          "0.0.0.0",
                          "224.0.0.1",
                          "255.255.255.255",
                          "::1",
                          "::",
                          "::ffff:127.0.0.1",
                          "::ffff:10.0.0.1",
                          "fe80::1",
                          "fd00::1",
                          "64:ff9b::7f00:1",
                          "2002:7f00:1::",
                          "ff02::1"})
    EXPECT_FALSE(guard.lets("app.example.com", at(text))) << text;
  EXPECT_FALSE(guard.lets("app.example.com", Address()));
}

TEST(Guard, WhatTheOperatorNamesIsLetThrough) {
  const Guard guard({"hooks.internal", "10.1.0.0/16", "127.0.0.1"});
  EXPECT_TRUE(guard.lets("hooks.internal", at("10.9.9.9")));
  EXPECT_TRUE(guard.lets("other.internal", at("10.1.2.3")));
  EXPECT_TRUE(guard.lets("x", at("127.0.0.1")));
  EXPECT_FALSE(guard.lets("other.internal", at("10.2.0.1")));
  EXPECT_FALSE(guard.lets("evil.hooks.internal", at("10.9.9.9")));
  EXPECT_TRUE(guard.lets("http://127.0.0.1:8080/bye"));
  EXPECT_TRUE(guard.lets("http://Hooks.Internal/bye"));
}

TEST(Guard, OfAddressesOnlyPlainHttpsOnesAreKept) {
  const Guard guard;
  EXPECT_TRUE(guard.lets("https://app.example.com/bye"));
  EXPECT_TRUE(guard.lets("https://93.184.216.34:8443/bye"));
  for (const auto url :
       {"http://app.example.com/bye", "https://localhost/bye", "https://a.localhost/", "https://127.0.0.1/", "https://[::1]/",
        "https://[::ffff:10.0.0.1]/", "https://127.1/", "https://2130706433/", "https://0x7f000001/", "https://user@app.example.com/",
        "ftp://app.example.com/", "https://", "https://10.0.0.1:443/x", "file:///etc/passwd"})
    EXPECT_FALSE(guard.lets(url)) << url;
}

}  // namespace
}  // namespace jeton::net
