#include "authority/apis/details.h"

#include <gtest/gtest.h>

namespace jeton::apis {
namespace {

std::vector<DetailType> types() {
  const auto v =
      json::parse(R"([{"type":"pay","actions":["initiate","status"],"members":["amount","to"]},{"type":"read","datatypes":["balance"]}])");
  auto read = read_detail_types(*v);
  EXPECT_TRUE(read);
  return *std::move(read);
}

Details details(std::string_view text) {
  auto d = Details::read(text, types());
  EXPECT_TRUE(d) << text << " " << d.error().detail();
  return d ? *std::move(d) : Details();
}

TEST(Details, TypesAreWrittenAsTheyWereRead) {
  EXPECT_EQ(write(types()),
            R"([{"type":"pay","actions":["initiate","status"],"members":["amount","to"]},{"type":"read","datatypes":["balance"]}])");
}

TEST(Details, WhatIsKeptIsWhatWasRead) {
  const auto d = details(R"( [ {"type" : "pay", "amount":1.50, "to":{"b":1,"a":null}} ] )");
  EXPECT_EQ(d.text(), R"([{"type":"pay","amount":1.50,"to":{"b":1,"a":null}}])");
  EXPECT_EQ(Details::kept(d.text())->text(), d.text());
  EXPECT_EQ(d.types(), ledger::Scopes{"pay"});
  EXPECT_TRUE(Details::kept("")->none());
}

TEST(Details, NothingThatATypeDoesNotName) {
  for (const auto text :
       {R"({"type":"pay"})", "[]", "[1]", "[[]]", R"([{}])", R"([{"type":"x"}])", R"([{"type":"Pay"}])", R"([{"type":"pay","Amount":1}])",
        R"([{"type":"pay","actions":["x"]}])", R"([{"type":"pay","actions":[]}])", R"([{"type":"pay","actions":[["status"]]}])",
        R"([{"type":"pay","locations":["x"]}])", R"([{"type":"read","members":["amount"]}])", R"([{"type":"pay","amount":1,"amount":2}])",
        R"([{"type":"pay"},{"type":"pay","identifier":"x"}])", R"([{"type":null}])", R"([{"type":"pay"}]x)"})
    EXPECT_FALSE(Details::read(text, types())) << text;
  EXPECT_FALSE(Details::read(R"([{"type":"pay","to":")" + std::string(kMostDetails, 'x') + "\"}]", types()));
}

// [RFC9396 §6] what is wanted later lies within what was granted, object by object.
TEST(Details, WithinIsNeverMore) {
  const auto granted =
      details(R"([{"type":"pay","actions":["initiate","status"],"amount":{"c":"EUR","v":"1"}},{"type":"read","datatypes":["balance"]}])");
  for (const auto text :
       {R"([{"type":"read","datatypes":["balance"]}])", R"([{"type":"pay","actions":["status"],"amount":{"c":"EUR","v":"1"}}])",
        R"([{"amount":{"v":"1","c":"EUR"},"actions":["status","initiate"],"type":"pay"}])",
        R"([{"type":"read","datatypes":["balance"]},{"type":"read","datatypes":["balance"]}])"})
    EXPECT_TRUE(details(text).within(granted)) << text;
  for (const auto text :
       {R"([{"type":"pay"}])", R"([{"type":"read"}])", R"([{"type":"pay","actions":["status"]}])",
        R"([{"type":"pay","amount":{"c":"EUR","v":"1"}}])", R"([{"type":"pay","actions":["status"],"amount":{"c":"EUR","v":"2"}}])",
        R"([{"type":"pay","actions":["status"],"amount":{"c":"EUR","v":1}}])",
        R"([{"type":"pay","actions":["status"],"amount":{"c":"EUR","v":"1","x":1}}])",
        R"([{"type":"pay","actions":["status"],"amount":{"c":"EUR"}}])",
        R"([{"type":"pay","actions":["status"],"amount":{"c":"EUR","v":"1"},"to":"x"}])",
        R"([{"type":"read","datatypes":["balance"]},{"type":"pay"}])"})
    EXPECT_FALSE(details(text).within(granted)) << text;
  EXPECT_FALSE(granted.within(Details()));
  EXPECT_TRUE(Details().within(granted));
}

}  // namespace
}  // namespace jeton::apis
