// Words of rules: what they mean, what is refused, and that what cannot be judged lets nobody in.
#include "authority/networks/places.h"

#include <gtest/gtest.h>

#include "authority/verify/tokens.h"

namespace jeton::networks {
namespace {

net::Address address(std::string_view text) { return *net::Address::parse(text); }
std::unique_ptr<const net::PrefixSet> set_of(std::string_view prefix) {
  return std::make_unique<const net::PrefixSet>(std::vector<net::Prefix>{*net::Prefix::parse(prefix)});
}

struct Words_ : ::testing::Test {
  verify::Epochs epochs;
  Places places{epochs};
  ~Words_() override { epochs.drain(); }
  bool lets_in(const ledger::NetworkRule& rule, std::string_view from) {
    const verify::ReadSection inside(epochs);
    return verify::compile(rule, places).lets_in(from.empty() ? net::Address() : address(from));
  }
};

TEST(Word, OnlyWellFormedOnesAreRead) {
  for (const std::string_view text : {"@office", "@a.b-c", "country:DE", "asn:64500", "asn:4294967295"})
    EXPECT_TRUE(read_word(text)) << text;
  for (const std::string_view text : {"@", "@Office", "@a b", "@-a", "country:", "country:de", "country:DEU", "country:D1", "Country:DE",
                                      "asn:", "asn:0", "asn:064500", "asn:-1", "asn:4294967296", "asn:1 ", "office", "10.0.0.0/8", ""})
    EXPECT_FALSE(read_word(text)) << text;
}

TEST(Word, DenyWinsOverAllow) {
  const verify::CompiledRule rule{net::PrefixSet({*net::Prefix::parse("192.0.2.0/24")}),
                                  net::PrefixSet({*net::Prefix::parse("192.0.2.7")})};
  EXPECT_TRUE(rule.lets_in(address("192.0.2.6")));
  EXPECT_FALSE(rule.lets_in(address("192.0.2.7")));
  EXPECT_FALSE(rule.lets_in(address("198.51.100.1")));
}

TEST_F(Words_, ASetIsAskedAsItIsNow) {
  const ledger::NetworkRule allow{.allow = {*net::Prefix::parse("203.0.113.0/24")}, .deny = {}, .allow_words = {"@office"}};
  const ledger::NetworkRule deny{.allow = {}, .deny = {}, .deny_words = {"@office"}};
  places.put("office", set_of("192.0.2.0/24"));
  const verify::ReadSection inside(epochs);
  const auto held = verify::compile(allow, places);
  EXPECT_TRUE(held.lets_in(address("192.0.2.1")));
  EXPECT_TRUE(held.lets_in(address("203.0.113.1")));
  EXPECT_FALSE(held.lets_in(address("198.51.100.1")));
  EXPECT_FALSE(lets_in(deny, "192.0.2.1"));
  EXPECT_TRUE(lets_in(deny, "198.51.100.1"));
  places.put("office", set_of("198.51.100.0/24"));
  EXPECT_FALSE(held.lets_in(address("192.0.2.1")));
  EXPECT_TRUE(held.lets_in(address("198.51.100.1")));
  EXPECT_FALSE(held.lets_in(net::Address()));
  EXPECT_TRUE(lets_in(deny, ""));
}

TEST_F(Words_, WhatCannotBeJudgedLetsNobodyIn) {
  for (const auto* word : {"@gone", "country:DE", "asn:64500", "@@@"}) {
    EXPECT_FALSE(lets_in({.allow = {}, .deny = {}, .allow_words = {word}}, "192.0.2.1")) << word;
    EXPECT_FALSE(lets_in({.allow = {}, .deny = {}, .deny_words = {word}}, "192.0.2.1")) << word;
  }
  EXPECT_FALSE(places.known("gone"));
  places.put("gone", set_of("192.0.2.0/24"));
  EXPECT_TRUE(places.known("gone"));
  EXPECT_TRUE(lets_in({.allow = {}, .deny = {}, .allow_words = {"@gone"}}, "192.0.2.1"));
  places.put("gone", nullptr);
  EXPECT_FALSE(lets_in({.allow = {}, .deny = {}, .deny_words = {"@gone"}}, "192.0.2.1"));
}

}  // namespace
}  // namespace jeton::networks
