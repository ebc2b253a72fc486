// What /verify answers, as values, for what gateways and callers say of a call.
#include "program/serve/building_suite.h"

namespace jeton::serve {
namespace {

class Gateway : public BuildingSuite {
 protected:
  Gateway() {
    auto api = api_;
    api.routes = {"GET /orders/** orders:read", "DELETE /orders/* orders:write"};
    api_ = *rooms().apis.update(api, doing());
    bearer_ = "Bearer " + text_of(born(draft()).text);
  }
  int status(std::vector<http::Field> fields, std::string_view peer = kProxy) {
    fields.push_back({"Authorization", bearer_});
    return ask("/verify?api=orders", std::move(fields), peer).status;
  }
  std::string bearer_;
};

TEST_F(Gateway, AllowsWhatTheRouteTableAllows) {
  EXPECT_EQ(status({{"X-Original-URI", "/orders/1"}, {"X-Original-Method", "GET"}}), 200);
  EXPECT_EQ(status({{"X-Forwarded-Uri", "/orders/1?a=b"}, {"X-Forwarded-Method", "GET"}}), 200);
  EXPECT_EQ(status({{"X-Original-URI", "/orders/1"}, {"X-Original-Method", "DELETE"}}), 403);
  EXPECT_EQ(status({{"X-Original-URI", "/else"}, {"X-Original-Method", "GET"}}), 403);
}

TEST_F(Gateway, RefusesTwoFieldsThatContradictEachOther) {
  EXPECT_EQ(
      status(
          {{"X-Original-URI", "/orders/1"}, {"X-Original-Method", "GET"}, {"X-Forwarded-Uri", "/orders/1"}, {"X-Forwarded-Method", "GET"}}),
      200);
  EXPECT_EQ(status({{"X-Original-URI", "/admin"}, {"X-Original-Method", "GET"}, {"X-Forwarded-Uri", "/orders/1"}}), 403);
  EXPECT_EQ(status({{"X-Original-URI", "/orders/1"}, {"X-Original-Method", "DELETE"}, {"X-Forwarded-Method", "GET"}}), 403);
  EXPECT_EQ(status({{"X-Original-URI", "/orders/1"}, {"X-Original-URI", "/orders/1"}}), 400) << "the same field twice";
}

TEST_F(Gateway, RefusesACallOfWhichNeitherPathNorScopeIsSaid) {
  EXPECT_EQ(status({{"X-Forwarded-Host", "shop.example.com"}}), 403);
  EXPECT_EQ(status({{"X-Original-Method", "DELETE"}}), 403);
  EXPECT_EQ(status({{"X-Forwarded-For", "198.51.100.1"}}), 403);
  EXPECT_EQ(status({}), 403);
  EXPECT_EQ(status({}, kPeer), 403);
  const auto no = ask("/verify?api=orders", {{"Authorization", bearer_}});
  EXPECT_NE(no.fields().find("X-Jeton-Reason: path_unsaid\r\n"), std::string_view::npos);
  EXPECT_EQ(ask("/verify", {{"Authorization", bearer_}}).status, 403) << "the token's own API has the table too";
  EXPECT_EQ(ask("/verify?api=orders&scope=", {{"Authorization", bearer_}}).status, 400)
      << "a scope of no name was not meant to be left out";
  EXPECT_EQ(ask("/verify?api=orders&scope=orders:read", {{"Authorization", bearer_}}).status, 200);
  EXPECT_EQ(ask("/verify?api=orders&scope=orders:write", {{"Authorization", bearer_}}).status, 403);
}

TEST_F(Gateway, AnApiWithoutRoutesAsksForNoPath) {
  auto api = api_;
  api.routes.clear();
  ASSERT_TRUE(rooms().apis.update(api, doing()));
  EXPECT_EQ(status({}), 200);
  EXPECT_EQ(status({{"X-Original-URI", "/anything"}, {"X-Original-Method", "GET"}}), 200);
}

TEST_F(Gateway, BelievesProxiesAlone) {
  EXPECT_EQ(status({{"X-Original-URI", "/orders/1"}}, kPeer), 403) << "no proxy: what it says of a path is not heard";
  EXPECT_EQ(status({{"X-Original-URI", "/else"}}, kProxy), 403);
}

TEST_F(Gateway, AVerdictHasNoBodyAndNamesTheCaller) {
  const auto yes = ask("/verify?scope=orders:read", {{"Authorization", bearer_}});
  EXPECT_EQ(yes.status, 200);
  EXPECT_TRUE(yes.body.empty());
  EXPECT_NE(yes.fields().find("X-Jeton-Subject: " + ada_.id.text() + "\r\n"), std::string_view::npos);
  EXPECT_NE(yes.fields().find("X-Jeton-Scope: orders:read\r\n"), std::string_view::npos);
  const auto no = ask("/verify", {});
  EXPECT_EQ(no.status, 401);
  EXPECT_TRUE(no.body.empty());
  EXPECT_NE(no.fields().find("WWW-Authenticate: Bearer realm=\"jeton\"\r\n"), std::string_view::npos);
  EXPECT_NE(ask("/verify?body=problem", {}).body.find("urn:jeton:problem:unauthenticated"), std::string::npos);
}

TEST_F(Gateway, AShortLivedTokenHasNoHoldOnItsParent) {
  const auto parent = born(draft());
  const auto jwt = "Bearer " + exchanged(parent.record);
  EXPECT_EQ(ask("/verify?scope=orders:read", {{"Authorization", jwt}}).status, 200);
  EXPECT_EQ(ask("/v1/tokens/self", {{"Authorization", jwt}}).status, 404);
  EXPECT_EQ(ask("/v1/tokens/" + parent.record.id.text(), {{"Authorization", jwt}}).status, 404);
  EXPECT_EQ(ask("/v1/tokens/self", {{"Authorization", "Bearer " + text_of(parent.text)}}).status, 200);
}

}  // namespace
}  // namespace jeton::serve
