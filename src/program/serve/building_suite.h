// What a test of the whole building needs: every room over a ledger in memory, time as an argument, requests as values.
#pragma once

#include <gtest/gtest.h>

#include "ground/secret_pass.h"
#include "program/serve/building.h"

namespace jeton::serve {

// The program as tests see it: healthy.
class Quiet final : public protocols::Program {
 public:
  std::vector<protocols::HealthPart> health(Instant) override { return {}; }
  std::string metrics() override { return {}; }
  std::string backup(const std::string&) override { return "no file"; }
};

class BuildingSuite : public ::testing::Test {
 protected:
  static constexpr auto kPeer = "192.0.2.1", kProxy = "10.0.0.1";

  BuildingSuite() {
    protocols::Facts facts{"https://id.example.com", net::PrefixSet({*net::Prefix::parse("10.0.0.0/8")}), {}};
    auto opened = Building::open({"memory:", {}, {}}, std::move(facts), {.cached_jwts = 1024, .password = {}}, program_, now_);
    building_ = *std::move(opened);
    EXPECT_TRUE(building_->load_tokens());
    ledger::Api draft;
    draft.name = "orders";
    draft.audience = "https://orders.example.com";
    draft.scopes = {"orders:read", "orders:write"};
    api_ = *rooms().apis.create(draft, doing());
    ledger::Principal ada;
    ada.name = "ada";
    ada_ = *rooms().principals.create(PrincipalKind::User, ada, doing());
  }

  protocols::Rooms& rooms() { return building_->rooms(); }
  verify::Verifier& verifier() { return rooms().verifier; }
  audit::Doing doing() const { return {me_, now_}; }
  static std::string text_of(const Secret& secret) { return std::string(as_text(secret.read(program::Pass::key()))); }

  personal::Draft draft(ledger::Scopes scopes = {"orders:read"}) const {
    personal::Draft d;
    d.principal = ada_;
    d.api = api_;
    d.scopes = std::move(scopes);
    return d;
  }
  personal::Born born(personal::Draft d) { return *rooms().tokens.create(std::move(d), doing()); }
  verify::Reason reason(std::string_view token, verify::Asked asked = {.api = {}, .scope = {}, .method = {}, .path = {}, .address = {}}) {
    const verify::Reading reading(verifier());
    return reading.decide(token, asked, now_).reason;
  }
  void revoke(const TokenId& id) {
    ASSERT_TRUE(rooms().tokens.revoke({ledger::TokensOf(id), ledger::EndReason::Revoked, {}, now_}, doing()));
  }
  // A short-lived JWT of the token.
  std::string exchanged(const ledger::Token& parent, ledger::Scopes scopes = {}) {
    return text_of(
        rooms().access_tokens.mint({parent, api_, std::move(scopes), std::nullopt}, *rooms().signing_keys.ring(), doing())->text);
  }
  http::Response ask(std::string_view target, std::vector<http::Field> fields, std::string_view peer = kPeer) {
    http::Request request;
    request.method = "GET";
    request.target = target;
    request.path = target.substr(0, target.find('?'));
    request.query = target.size() > request.path.size() ? target.substr(request.path.size() + 1) : std::string_view();
    request.fields = fields;
    request.origin.peer = *net::Address::parse(peer);
    request.request_id = "r1";
    http::Response response;
    building_->protocols().answer(request, response, now_);
    return response;
  }

  Instant now_ = Instant::from_seconds(1'800'000'000);
  audit::Actor me_{.name = "test", .address = {}, .request_id = {}};
  Quiet program_;
  std::unique_ptr<Building> building_;
  ledger::Api api_;
  ledger::Principal ada_;
};

}  // namespace jeton::serve
