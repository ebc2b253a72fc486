// What was exchanged for a token is no better than that one is now, whatever form it has.
#include "program/serve/installation.h"

namespace jeton::serve {
namespace {

using ledger::TokenFormat;
using verify::Reason;

class Exchanged : public testing::TestWithParam<TokenFormat> {
 protected:
  void SetUp() override {
    ASSERT_EQ(home.open({"memory:", {}, {}, {}}), "");
    home.populate();
    api = home.make_api("reports", crypto::SignAlg::ES256, GetParam());
    std::tie(parent, parent_text) = home.make_token(api);
    child = *home.mint(parent, api, home.now);
    ASSERT_EQ(judged(), Reason::Allowed);
  }
  Reason judged(std::string_view scope = "reports:read", std::string_view address = "192.0.2.7") {
    const verify::Reading reading(home.rooms().verifier);
    return reading.decide(child, {"reports", scope, {}, {}, *net::Address::parse(address)}, home.now).reason;
  }
  std::string told() {
    const verify::Reading reading(home.rooms().verifier);
    return std::string(reading.decide(child, {"reports", {}, {}, {}, *net::Address::parse("192.0.2.7")}, home.now).token->scope());
  }
  template <class Edit>
  void change(Edit&& edit) {
    auto record = *home.rooms().ledger.token(parent.id).value();
    edit(record);
    ASSERT_TRUE(home.rooms().ledger.commit({ledger::Update<ledger::Token>{std::move(record)}}));
  }

  Installation home;
  ledger::Api api;
  ledger::Token parent;
  std::string parent_text, child;
};

TEST_P(Exchanged, IsLetInFromWhereItsParentIs) {
  change([](auto& t) { t.network.deny = {*net::Prefix::parse("192.0.2.0/24")}; });
  EXPECT_EQ(judged(), Reason::Network);
  EXPECT_EQ(judged("reports:read", "198.51.100.7"), Reason::Allowed);
}

TEST_P(Exchanged, HasNoScopeThatItsParentLost) {
  change([](auto& t) { t.scopes = {"reports:write"}; });
  EXPECT_EQ(judged(), Reason::Scope);
  EXPECT_EQ(judged(""), Reason::Allowed);
}

TEST_P(Exchanged, HasAndTellsNoScopeThatItsApiLost) {
  auto record = *home.rooms().apis.find("reports");
  record.scopes = {"reports:other"};
  ASSERT_TRUE(home.rooms().apis.update(record, home.doing()));
  EXPECT_EQ(judged(), Reason::Scope);
  EXPECT_EQ(told(), "");
  record = *home.rooms().apis.find("reports");
  record.scopes = {"reports:other", "reports:read"};
  ASSERT_TRUE(home.rooms().apis.update(record, home.doing()));
  EXPECT_EQ(judged(), Reason::Allowed);
  EXPECT_EQ(told(), "reports:read");
}

TEST_P(Exchanged, TellsNoScopeThatItsParentLost) {
  change([](auto& t) { t.scopes = {"reports:write"}; });
  EXPECT_EQ(told(), "");
}

TEST_P(Exchanged, EndsWithItsParentThoughThatOnesEndCameNearer) {
  change([&](auto& t) { t.expires = home.now + Seconds(60); });
  home.now = home.now + Seconds(59);
  EXPECT_EQ(judged(), Reason::Allowed);
  home.now = home.now + Seconds(1);
  EXPECT_EQ(judged(), Reason::Expired);
}

TEST_P(Exchanged, EndsWithTheOverlapOfItsParent) {
  ASSERT_TRUE(
      home.rooms().tokens.rotate(parent.id, {.overlap = Seconds(60), .until = ledger::Overlap::Deadline, .expires = {}}, home.doing()));
  EXPECT_EQ(judged(), Reason::Allowed);
  home.now = home.now + Seconds(60);
  EXPECT_EQ(judged(), Reason::RotatedOut);
}

TEST_P(Exchanged, EndsAtTheFirstUseOfItsParentsSuccessor) {
  const auto next = *home.rooms().tokens.rotate(parent.id, {}, home.doing());
  EXPECT_EQ(judged(), Reason::Allowed);
  EXPECT_EQ(home.judge(as_text(next.text.read(program::Pass::key()))), Reason::Allowed);
  EXPECT_EQ(judged(), Reason::RotatedOut);
}

INSTANTIATE_TEST_SUITE_P(Every, Exchanged, testing::Values(TokenFormat::Jwt, TokenFormat::Jwe, TokenFormat::Opaque), [](const auto& given) {
  return given.param == TokenFormat::Jwt ? "Jwt" : given.param == TokenFormat::Jwe ? "Jwe" : "Opaque";
});

}  // namespace
}  // namespace jeton::serve
