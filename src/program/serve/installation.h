// A whole installation for the tests of this room: its rooms, an API, a user and a token.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "ground/secret_pass.h"
#include "program/serve/building.h"

namespace jeton::serve {

class NoProgram final : public protocols::Program {
 public:
  std::vector<protocols::HealthPart> health(Instant) override { return {}; }
  std::string metrics() override { return {}; }
  std::string backup(const std::string&) override { return "no"; }
  Result<std::string> rotate_master_key(const std::string&, const audit::Doing&) override { return refuse(Refusal::Unsupported); }
};

inline const audit::Actor& tester() {
  static const audit::Actor actor{.name = "test", .address = {}, .request_id = {}};
  return actor;
}

class Installation {
 public:
  Instant now = Instant::from_seconds(1'800'000'000);
  std::unique_ptr<Building> building;
  ledger::Api api;
  ledger::Principal user;
  ledger::Token token;
  std::string text;   // of the token

  // Failure's detail, or empty.
  std::string open(const Places& places) {
    building.reset();
    protocols::Facts facts{"https://jeton.example.com", net::PrefixSet(std::vector<net::Prefix>()), {}};
    auto opened = Building::open(places, std::move(facts), {.cached_jwts = 1024, .password = {}}, program_, now);
    if (!opened) {
      failure = opened.error();
      return std::string(failure.detail().empty() ? failure.name() : failure.detail());
    }
    building = *std::move(opened);
    return {};
  }
  Failure failure{Fault::Config};

  protocols::Rooms& rooms() { return building->rooms(); }
  audit::Doing doing() { return {tester(), now}; }

  ledger::Api make_api(const std::string& name, crypto::SignAlg alg = crypto::SignAlg::ES256,
                       ledger::TokenFormat format = ledger::TokenFormat::Jwt) {
    ledger::Api a;
    a.name = name;
    a.audience = "https://" + name + ".example.com";
    a.scopes = {name + ":read"};
    a.alg = alg;
    a.format = format;
    auto made = rooms().apis.create(a, doing());
    EXPECT_TRUE(made);
    EXPECT_TRUE(rooms().signing_keys.ensure(alg, doing()));
    return *made;
  }

  std::pair<ledger::Token, std::string> make_token(const ledger::Api& of) {
    personal::Draft draft;
    draft.principal = user;
    draft.api = of;
    draft.scopes = of.scopes;
    draft.name = "test";
    auto born = rooms().tokens.create(std::move(draft), doing());
    EXPECT_TRUE(born);
    return {born->record, std::string(as_text(born->text.read(program::Pass::key())))};
  }

  void populate() {
    api = make_api("orders");
    ledger::Principal p;
    p.name = "ada";
    auto made = rooms().principals.create(PrincipalKind::User, p, doing());
    ASSERT_TRUE(made);
    user = *made;
    std::tie(token, text) = make_token(api);
  }

  Result<std::string> mint(const ledger::Token& parent, const ledger::Api& of, Instant at) {
    TRY(const auto minted, rooms().access_tokens.mint({parent, of, {}, {}}, *rooms().signing_keys.ring(), {tester(), at}));
    return std::string(as_text(minted.text.read(program::Pass::key())));
  }
  std::string mint() {
    auto jwt = mint(token, api, now);
    EXPECT_TRUE(jwt) << jwt.error().detail();
    return jwt.value_or("");
  }
  verify::Reason judge(std::string_view shown) {
    const verify::Reading reading(rooms().verifier);
    return reading.decide(shown, {}, now).reason;
  }

 private:
  NoProgram program_;
};

// A folder that is gone afterwards.
class Folder {
 public:
  Folder() {
    char name[] = "/tmp/jeton-test-XXXXXX";
    path = ::mkdtemp(name);
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string operator/(std::string_view name) const { return path + "/" + std::string(name); }
  Places places(std::string source = {}) const {
    return {"sqlite:" + *this / "jeton.db", *this / "master.key", *this / "peppers", std::move(source)};
  }
  std::string read(std::string_view name) const {
    std::ifstream in(*this / name, std::ios::binary);
    std::stringstream out;
    out << in.rdbuf();
    return out.str();
  }
  void write(std::string_view name, std::string_view content) const {
    std::ofstream(*this / name, std::ios::binary) << content;
    std::filesystem::permissions(*this / name, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  }
  std::string path;
};

}  // namespace jeton::serve
