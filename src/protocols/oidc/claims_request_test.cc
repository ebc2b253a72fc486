#include "protocols/oidc/claims_request.h"

#include <gtest/gtest.h>

namespace jeton::protocols::oidc {
namespace {

using Names = std::vector<std::string>;

TEST(ClaimsRequest, NamesAreReadByPlace) {
  const auto r =
      read_claims_request(R"({"userinfo":{"name":null,"email":{"essential":true}},"id_token":{"auth_time":{"essential":true}},"more":7})");
  ASSERT_TRUE(r);
  EXPECT_EQ(r->userinfo, (Names{"name", "email"}));
  EXPECT_EQ(r->id_token, Names{"auth_time"});
  EXPECT_EQ(scopes_of(*r), (ledger::Scopes{"email", "profile"}));
  EXPECT_TRUE(read_claims_request("")->userinfo.empty());
}

TEST(ClaimsRequest, TheLowestAcrThatIsNamedIsEnough) {
  const auto acr = [](std::string_view inner) { return *read_claims_request("{\"id_token\":{\"acr\":" + std::string(inner) + "}}"); };
  EXPECT_EQ(acr(R"({"essential":true,"values":["2"]})").acr, 2);
  EXPECT_TRUE(acr(R"({"essential":true,"values":["2"]})").acr_essential);
  EXPECT_EQ(acr(R"({"values":["2","1"]})").acr, 1);
  EXPECT_EQ(acr(R"({"essential":true,"values":["gold"]})").acr, 0);
  EXPECT_TRUE(acr(R"({"essential":true,"values":["gold"]})").acr_essential);
  EXPECT_FALSE(acr(R"({"essential":true})").acr_essential);
  EXPECT_FALSE(acr("null").acr_essential);
}

TEST(ClaimsRequest, OnePersonIsMeant) {
  EXPECT_EQ(read_claims_request(R"({"id_token":{"sub":{"value":"usr_1"}}})")->subject, "usr_1");
  EXPECT_TRUE(read_claims_request(R"({"id_token":{"sub":{"value":"usr_1"}},"userinfo":{"sub":{"value":"usr_1"}}})"));
  for (const auto wrong :
       {R"({"id_token":{"sub":{"values":["a","b"]}}})", R"({"id_token":{"sub":{"value":"a"}},"userinfo":{"sub":{"value":"b"}}})",
        R"({"id_token":[]})", R"({"id_token":{"sub":"a"}})", R"({"userinfo":"x"})", "[]", "null", "{", R"({"id_token":{},"id_token":{}})"})
    EXPECT_FALSE(read_claims_request(wrong)) << wrong;
  std::string many = R"({"userinfo":{)";
  for (int i = 0; i < 51; ++i) many += (i ? ",\"c" : "\"c") + std::to_string(i) + "\":null";
  EXPECT_FALSE(read_claims_request(many + "}}"));
}

}  // namespace
}  // namespace jeton::protocols::oidc
