// Signing keys and self-tests in a whole installation, with time as an argument.
#include <atomic>
#include <thread>

#include "blocks/json/writer.h"
#include "formats/jose/jws.h"
#include "ground/base64url.h"
#include "program/serve/installation.h"

namespace jeton::serve {
namespace {

using ledger::KeyState;
using verify::Reason;

class KeyLives : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(home.open({"memory:", {}, {}, {}}), "");
    home.populate();
  }
  void TearDown() override {
    for (const auto t : crypto::all_tested()) crypto::put_in_service(t);
  }
  std::vector<ledger::SigningKey> keys() { return *home.rooms().ledger.keys(); }
  std::size_t count(KeyState state) {
    std::size_t n = 0;
    for (const auto& k : keys()) n += k.state == state;
    return n;
  }
  std::string active_kid() { return home.rooms().signing_keys.ring()->signer(crypto::SignAlg::ES256, ApiId())->kid; }
  bool published(const std::string& kid) { return home.rooms().signing_keys.ring()->jwks().find(kid) != std::string::npos; }

  Installation home;
};

TEST_F(KeyLives, AKeyIsPublishedBeforeItSignsAndStaysUntilItsTokensHaveExpired) {
  const keys::Lives lives{.rotation = Seconds(86400 * 30), .longest_token = Seconds(86400)};
  auto& signing = home.rooms().signing_keys;
  const auto first = active_kid();
  std::string next;
  for (const auto& k : keys())
    if (k.state == KeyState::Next) next = k.kid;
  EXPECT_TRUE(published(next)) << "before its first use";
  const auto jwt = home.mint();
  const auto parent_end = home.now;
  home.now = home.now + Seconds(86400 * 30) - Seconds(1);
  ASSERT_TRUE(signing.tend(lives, home.doing()));
  EXPECT_EQ(active_kid(), first) << "not before its time";
  home.now = home.now + Seconds(1);
  ASSERT_TRUE(signing.tend(lives, home.doing()));
  EXPECT_EQ(active_kid(), next);
  EXPECT_TRUE(published(first)) << "what it signed is still about";
  home.now = home.now + Seconds(86399);
  ASSERT_TRUE(signing.tend(lives, home.doing()));
  EXPECT_TRUE(published(first));
  home.now = home.now + Seconds(1);
  ASSERT_TRUE(signing.tend(lives, home.doing()));
  EXPECT_FALSE(published(first));
  EXPECT_EQ(count(KeyState::Destroyed), 1u);
  for (const auto& k : keys()) EXPECT_EQ(k.state == KeyState::Destroyed, k.sealed_private.empty());
  home.now = parent_end;
  EXPECT_EQ(home.judge(jwt), Reason::UnknownKey);
}

// A next key that was made a moment ago is not in the copies of the JWKS that verifiers keep.
TEST_F(KeyLives, TheScheduleWaitsUntilVerifiersMayKnowTheNextKey) {
  const keys::Lives lives{.rotation = Seconds(3600), .longest_token = Seconds(86400)};
  auto& signing = home.rooms().signing_keys;
  home.now = home.now + Seconds(3600);
  ASSERT_TRUE(signing.rotate(crypto::SignAlg::ES256, ApiId(), home.doing()));
  home.now = home.now + Seconds(3600 - 60);
  for (auto k : keys()) {
    if (k.state != KeyState::Next) continue;
    // The one that waits was lost; another is published now.
    k.state = KeyState::Destroyed;
    k.destroyed = home.now;
    k.sealed_private.clear();
    ASSERT_TRUE(home.rooms().ledger.commit({ledger::Update<ledger::SigningKey>{k}}));
  }
  ASSERT_TRUE(signing.tend(lives, home.doing()));
  EXPECT_EQ(count(KeyState::Next), 1u);
  const auto before = active_kid();
  home.now = home.now + Seconds(60);
  ASSERT_TRUE(signing.tend(lives, home.doing()));
  EXPECT_EQ(active_kid(), before) << "old enough, but its successor is not known yet";
  home.now = home.now + keys::kJwksKept - Seconds(60);
  ASSERT_TRUE(signing.tend(lives, home.doing()));
  EXPECT_NE(active_kid(), before);
}

TEST_F(KeyLives, WithoutAScheduleNothingRotates) {
  const auto before = active_kid();
  home.now = home.now + Seconds(86400LL * 3650);
  ASSERT_TRUE(home.rooms().signing_keys.tend({.rotation = Seconds(0)}, home.doing()));
  EXPECT_EQ(active_kid(), before);
}

TEST_F(KeyLives, AnEmergencyEndsEveryTokenOfTheKeyAtOnce) {
  const auto first = active_kid();
  const auto jwt = home.mint();
  EXPECT_EQ(home.judge(jwt), Reason::Allowed);
  EXPECT_EQ(home.judge(jwt), Reason::Allowed);   // from now on it is remembered
  ASSERT_TRUE(home.rooms().signing_keys.replace(crypto::SignAlg::ES256, ApiId(), home.doing()));
  EXPECT_EQ(home.judge(jwt), Reason::UnknownKey);
  EXPECT_FALSE(published(first));
  EXPECT_EQ(count(KeyState::Destroyed), 2u) << "the next one too: it lay beside the other";
  EXPECT_EQ(home.judge(home.mint()), Reason::Allowed);
  EXPECT_EQ(home.judge(home.text), Reason::Allowed) << "opaque tokens have nothing to do with it";
}

TEST_F(KeyLives, AnApisOwnKeySignsForItAloneAndOthersAreNotBelievedWithIt) {
  const auto billing = home.make_api("billing");
  const auto [parent, text] = home.make_token(billing);
  ASSERT_TRUE(home.rooms().signing_keys.rotate(crypto::SignAlg::ES256, billing.id, home.doing()));
  const auto* own = home.rooms().signing_keys.ring()->signer(crypto::SignAlg::ES256, billing.id);
  ASSERT_NE(own, nullptr);
  EXPECT_NE(own->kid, active_kid());
  const auto jwt = home.mint(parent, billing, home.now);
  ASSERT_TRUE(jwt);
  EXPECT_EQ(home.judge(*jwt), Reason::Allowed);
  EXPECT_EQ(home.judge(home.mint()), Reason::Allowed);
  // [RFC8725 §3.8] the same claims for the other API under this key
  std::string claims;
  json::Writer w(claims);
  w.object().member("iss", "https://jeton.example.com").member("sub", home.user.id.text()).member("aud", home.api.audience);
  w.member("exp", home.now.seconds() + 60)
      .member("iat", home.now.seconds())
      .member("jti", TokenId::make(home.now, home.rooms().entropy)->text());
  w.member("client_id", home.user.id.text()).member("scope", "orders:read").member("parent", home.token.id.text()).end_object();
  const auto forged = jose::sign_compact("\"typ\":\"at+jwt\",\"kid\":\"" + own->kid + "\"", as_bytes(claims), *own->sign);
  ASSERT_TRUE(forged);
  EXPECT_EQ(home.judge(*forged), Reason::BadSignature);
  const auto* shared = home.rooms().signing_keys.ring()->signer(crypto::SignAlg::ES256, home.api.id);
  const auto twin = jose::sign_compact("\"typ\":\"at+jwt\",\"kid\":\"" + shared->kid + "\"", as_bytes(claims), *shared->sign);
  EXPECT_EQ(home.judge(*twin), Reason::Allowed);
}

// Never tried in turn, and none is the standard one.
TEST_F(KeyLives, AKeyIsChosenByItsKid) {
  const auto jwt = home.mint();
  const auto* key = home.rooms().signing_keys.ring()->signer(crypto::SignAlg::ES256, home.api.id);
  const auto claims = *base64url::decode(std::string_view(jwt).substr(jwt.find('.') + 1, jwt.rfind('.') - jwt.find('.') - 1));
  const auto under = [&](const std::string& header) { return *jose::sign_compact(header, claims, *key->sign); };
  EXPECT_EQ(home.judge(under("\"typ\":\"at+jwt\",\"kid\":\"" + key->kid + "\"")), Reason::Allowed);
  EXPECT_EQ(home.judge(under("\"typ\":\"at+jwt\"")), Reason::UnknownKey);
  EXPECT_EQ(home.judge(under("\"typ\":\"at+jwt\",\"kid\":\"another\"")), Reason::UnknownKey);
}

TEST_F(KeyLives, DueIsToldForEachState) {
  const keys::Lives lives{.rotation = Seconds(86400 * 90), .longest_token = Seconds(86400)};
  const auto all = keys();
  for (const auto& k : all) {
    const auto due = keys::due(k, all, lives);
    ASSERT_TRUE(due);
    EXPECT_EQ(due->what, k.state == KeyState::Active ? keys::Due::What::Retire : keys::Due::What::Activate);
    EXPECT_EQ(due->at, home.now + lives.rotation);
  }
}

// Threads mint and check all the while; each token is checked again long after its key has retired.
TEST_F(KeyLives, ConcurrentHundredRotationsRefuseNothing) {
  std::atomic<bool> stop{false};
  std::atomic<int> refused{0}, minted{0}, failed{0};
  std::vector<std::thread> load;
  for (int i = 0; i < 3; ++i)
    load.emplace_back([&] {
      std::vector<std::string> kept;
      while (!stop) {
        const auto jwt = home.mint(home.token, home.api, home.now);
        if (!jwt) {
          ++failed;
          continue;
        }
        ++minted;
        if (kept.size() < 500) kept.push_back(*jwt);
        else kept[static_cast<std::size_t>(minted) % kept.size()] = *jwt;
        for (const auto& one : {kept.back(), kept[static_cast<std::size_t>(minted) % kept.size()], home.text})
          if (home.judge(one) != Reason::Allowed) ++refused;
      }
      for (const auto& one : kept)
        if (home.judge(one) != Reason::Allowed) ++refused;
    });
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(home.rooms().signing_keys.rotate(crypto::SignAlg::ES256, ApiId(), home.doing()));
  while (minted < 100) std::this_thread::yield();
  stop = true;
  for (auto& t : load) t.join();
  EXPECT_EQ(refused, 0);
  EXPECT_EQ(failed, 0);
  EXPECT_EQ(count(KeyState::Retired), 100u);
  RecordProperty("minted", minted);
}

TEST_F(KeyLives, AnAlgorithmThatFailsGoesAloneAndIsToldOf) {
  const auto modern = home.make_api("modern", crypto::SignAlg::EdDSA);
  const auto [parent, text] = home.make_token(modern);
  const auto es256 = home.mint();
  const auto eddsa = *home.mint(parent, modern, home.now);
  ASSERT_EQ(home.judge(es256), Reason::Allowed);
  ASSERT_EQ(home.judge(es256), Reason::Allowed);   // remembered
  crypto::take_out_of_service(crypto::Tested::ES256);
  ASSERT_TRUE(home.rooms().selftests.step(home.now));
  EXPECT_EQ(home.judge(es256), Reason::OutOfService);
  EXPECT_EQ(home.judge(eddsa), Reason::Allowed);
  EXPECT_EQ(home.judge(home.text), Reason::Allowed);
  const auto refused = home.mint(home.token, home.api, home.now);
  EXPECT_FALSE(refused);
  EXPECT_TRUE(home.mint(parent, modern, home.now));
  const auto alerts = *home.rooms().ledger.alerts({});
  ASSERT_EQ(alerts.size(), 1u);
  EXPECT_EQ(alerts[0].rule, "selftest_failed");
  EXPECT_EQ(alerts[0].severity, ledger::Severity::Critical);
  EXPECT_NE(alerts[0].evidence.find("ES256"), std::string::npos);
  bool audited = false;
  const auto events = home.rooms().ledger.audit({});
  for (const auto& e : *events) audited = audited || (e.action == "selftest.failed" && e.target == "ES256");
  EXPECT_TRUE(audited);
  ASSERT_TRUE(home.rooms().selftests.step(home.now));
  EXPECT_EQ(home.rooms().ledger.alerts({})->size(), 1u) << "told once";
}

TEST_F(KeyLives, HashesOfTokensOutOfServiceRefuseThemWithTheirOwnReason) {
  crypto::take_out_of_service(crypto::Tested::TokenHmac);
  EXPECT_EQ(home.judge(home.text), Reason::OutOfService);
  crypto::put_in_service(crypto::Tested::TokenHmac);
  EXPECT_EQ(home.judge(home.text), Reason::Allowed);
}

TEST_F(KeyLives, ARandomSourceThatFailsIsToldOfAllTheSame) {
  crypto::take_out_of_service(crypto::Tested::Random);
  const auto told = home.rooms().selftests.step(home.now);
  ASSERT_TRUE(told) << told.error().name() << told.error().detail();
  EXPECT_EQ(home.rooms().ledger.alerts({})->size(), 1u);
}

TEST_F(KeyLives, EachAlgorithmIsTestedOnceADayAndNeverTwoAtOnce) {
  const auto at_start = home.rooms().selftests.latest();
  const auto count = at_start.size();
  std::size_t runs = 0;
  const auto start = home.now;
  for (int minute = 0; minute < 24 * 60; ++minute) {
    home.now = home.now + Seconds(60);
    const auto before = home.rooms().selftests.latest();
    ASSERT_TRUE(home.rooms().selftests.step(home.now));
    const auto after = home.rooms().selftests.latest();
    std::size_t changed = 0;
    for (std::size_t i = 0; i < count; ++i) changed += before[i].at != after[i].at;
    EXPECT_LE(changed, 1u);
    runs += changed;
  }
  EXPECT_EQ(runs, count);
  for (const auto& e : home.rooms().selftests.latest()) EXPECT_GT(e.at, start);
}

// Others may rest on one that was missing: they were found failing, and were taken out too.
void put_all_in_service() {
  for (const auto what : crypto::all_tested()) crypto::put_in_service(what);
}

TEST(StartUp, AnAlgorithmThatEverythingNeedsKeepsTheServerDown) {
  for (const auto what : watch::needed_always()) {
    crypto::take_out_of_service(what);
    Installation home;
    home.open({"memory:", {}, {}, {}});
    EXPECT_TRUE(home.failure.is(Fault::SelfTest)) << crypto::name(what);
    EXPECT_FALSE(home.building);
    put_all_in_service();
  }
}

TEST(StartUp, AnActiveKeysAlgorithmKeepsTheServerDownAndAnothersDoesNot) {
  const Folder folder;
  Installation home;
  ASSERT_EQ(home.open(folder.places()), "");
  home.populate();
  home.make_api("modern", crypto::SignAlg::EdDSA);
  home.building.reset();
  crypto::take_out_of_service(crypto::Tested::RS512);
  EXPECT_EQ(home.open(folder.places()), "");
  // The one that every installation has, and one that an API of this one asks for.
  for (const auto what : {crypto::Tested::ES256, crypto::Tested::EdDSA}) {
    home.building.reset();
    crypto::take_out_of_service(what);
    EXPECT_NE(home.open(folder.places()), "");
    EXPECT_TRUE(home.failure.is(Fault::SelfTest));
    put_all_in_service();
    EXPECT_EQ(home.open(folder.places()), "");
  }
}

}  // namespace
}  // namespace jeton::serve
