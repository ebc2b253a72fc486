// APIs that share a secret with this server (HS256).
#include "blocks/crypto/service.h"
#include "blocks/json/writer.h"
#include "formats/jose/jwk.h"
#include "formats/jose/jws.h"
#include "formats/jose/jwt.h"
#include "ground/base64url.h"
#include "program/serve/installation.h"

namespace jeton::serve {
namespace {

using crypto::SignAlg;
using ledger::KeyState;
using verify::Reason;

class SharedSecrets : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(home.open({"memory:", {}, {}, {}}), "");
    home.populate();
    std::tie(a, parent, secret) = sharing("billing");
  }
  void TearDown() override {
    for (const auto t : crypto::all_tested()) crypto::put_in_service(t);
  }
  ledger::Api make_api(const std::string& name, ledger::TokenFormat format = ledger::TokenFormat::Jwt) {
    ledger::Api api;
    api.name = name;
    api.audience = "https://" + name + ".example.com";
    api.scopes = {name + ":read"};
    api.alg = SignAlg::HS256;
    api.format = format;
    return *home.rooms().apis.create(api, home.doing());
  }
  jose::Jwk share(const ledger::Api& api, std::string_view jwk = {}) {
    const auto made = home.rooms().signing_keys.share(api.id, jwk, home.doing());
    EXPECT_TRUE(made) << made.error().detail();
    return *jose::parse_jwk(as_text(made->jwk.read(program::Pass::key())));
  }
  std::tuple<ledger::Api, ledger::Token, jose::Jwk> sharing(const std::string& name) {
    const auto api = make_api(name);
    auto key = share(api);
    return {api, home.make_token(api).first, std::move(key)};
  }
  std::string mint(const ledger::Api& api, const ledger::Token& of) {
    const auto jwt = home.mint(of, api, home.now);
    EXPECT_TRUE(jwt) << jwt.error().detail();
    return jwt.value_or("");
  }
  static bool verifies(const std::string& jwt, const jose::Jwk& key) {
    jose::JwtRoom room;
    const auto parsed = jose::ParsedJwt::parse(jwt, room);
    return parsed && parsed->header().kid == key.kid && parsed->verify(*jose::verify_key(key, SignAlg::HS256));
  }
  // What whoever has a secret can write: any claims, under any kid.
  std::string forged(const std::string& kid, const crypto::SignKey& key, const ledger::Api& audience, const ledger::Token& of) {
    std::string claims;
    json::Writer w(claims);
    w.object().member("iss", "https://jeton.example.com").member("sub", home.user.id.text()).member("aud", audience.audience);
    w.member("exp", home.now.seconds() + 60).member("iat", home.now.seconds());
    w.member("jti", TokenId::make(home.now, home.rooms().entropy)->text()).member("client_id", home.user.id.text());
    w.member("scope", audience.scopes[0]).member("parent", of.id.text()).end_object();
    return *jose::sign_compact("\"typ\":\"at+jwt\",\"kid\":\"" + kid + "\"", as_bytes(claims), key);
  }
  static crypto::SignKey hmac(std::string_view octets) {
    jose::Jwk jwk;
    jwk.pub.type = crypto::KeyType::Oct;
    jwk.priv.emplace().k = Secret::copy_of(as_bytes(octets));
    return *jose::sign_key(jwk, SignAlg::HS256);
  }
  std::vector<ledger::SigningKey> kept() { return *home.rooms().ledger.keys(); }
  KeyState state_of(const std::string& kid) {
    for (const auto& k : kept())
      if (k.kid == kid) return k.state;
    return KeyState::Next;
  }

  Installation home;
  ledger::Api a;
  ledger::Token parent;
  jose::Jwk secret;
};

TEST_F(SharedSecrets, TheApiVerifiesByItselfAndTheServerTakesTheToken) {
  const auto jwt = mint(a, parent);
  EXPECT_TRUE(verifies(jwt, secret));
  EXPECT_EQ(home.judge(jwt), Reason::Allowed);
  // One octet elsewhere is another token.
  for (const std::size_t at : {std::size_t{5}, jwt.size() / 2, jwt.size() - 2}) {
    auto other = jwt;
    other[at] = other[at] == 'A' ? 'B' : 'A';
    EXPECT_NE(home.judge(other), Reason::Allowed) << at;
  }
}

TEST_F(SharedSecrets, ItIsInNoKeySet) {
  const std::string jwks = home.rooms().signing_keys.ring()->jwks();
  EXPECT_EQ(jwks.find(secret.kid), std::string::npos);
  EXPECT_EQ(jwks.find("oct"), std::string::npos);
  for (const auto& k : kept())
    if (k.kid == secret.kid) { EXPECT_TRUE(k.public_jwk.empty()); }
}

TEST_F(SharedSecrets, ItDiesWithItsParent) {
  const auto jwt = mint(a, parent);
  EXPECT_EQ(home.judge(jwt), Reason::Allowed);
  ASSERT_TRUE(home.rooms().tokens.revoke({ledger::TokensOf(parent.id), ledger::EndReason::Revoked, {}, home.now}, home.doing()));
  EXPECT_NE(home.judge(jwt), Reason::Allowed);
}

// The secret is its API's too: what it signs by itself is no token, not even for itself.
TEST_F(SharedSecrets, WhatTheApiSignsItselfIsNotBelieved) {
  const auto own = *jose::sign_key(secret, SignAlg::HS256);
  EXPECT_NE(home.judge(forged(secret.kid, own, a, parent)), Reason::Allowed);
  EXPECT_NE(home.judge(forged(secret.kid, own, home.api, home.token)), Reason::Allowed) << "for another API, of another token";
  EXPECT_NE(home.judge(forged(secret.kid, own, a, home.token)), Reason::Allowed);
  EXPECT_EQ(home.judge(mint(a, parent)), Reason::Allowed);
}

TEST_F(SharedSecrets, OneApisSecretIsNoOthers) {
  const auto [b, of_b, other] = sharing("shipping");
  const auto key = *jose::sign_key(secret, SignAlg::HS256);
  EXPECT_NE(home.judge(forged(other.kid, key, b, of_b)), Reason::Allowed);
  EXPECT_NE(home.judge(forged(secret.kid, key, b, of_b)), Reason::Allowed);
  const auto jwt = mint(b, of_b);
  EXPECT_TRUE(verifies(jwt, other));
  EXPECT_FALSE(verifies(jwt, secret));
  EXPECT_EQ(home.judge(jwt), Reason::Allowed);
}

// [RFC8725 §3.1] a public key's octets, in any spelling, are no secret.
TEST_F(SharedSecrets, APublicKeyIsNoSecret) {
  const auto ring = home.rooms().signing_keys.ring();
  const auto* es256 = ring->signer(SignAlg::ES256, ApiId());
  ASSERT_NE(es256, nullptr);
  const auto jwk = *jose::parse_jwk(es256->jwk);
  std::string point("\x04");
  point.append(as_text(jwk.pub.x)).append(as_text(jwk.pub.y));
  for (const std::string& octets : {es256->jwk, std::string(as_text(jwk.pub.x)), point, ring->jwks()})
    for (const auto& kid : {es256->kid, secret.kid}) {
      EXPECT_NE(home.judge(forged(kid, hmac(octets), home.api, home.token)), Reason::Allowed);
      EXPECT_NE(home.judge(forged(kid, hmac(octets), a, parent)), Reason::Allowed);
    }
  EXPECT_EQ(home.judge(forged(es256->kid, *es256->sign, home.api, home.token)), Reason::Allowed) << "the same claims under that key";
}

TEST_F(SharedSecrets, AnotherOneTakesOverAndTokensUnderTheOldOneStayGoodUntilTheyExpire) {
  const auto old = mint(a, parent);
  const auto second = share(a);
  EXPECT_NE(second.kid, secret.kid);
  EXPECT_EQ(state_of(secret.kid), KeyState::Retired);
  const auto fresh = mint(a, parent);
  EXPECT_TRUE(verifies(fresh, second));
  EXPECT_FALSE(verifies(fresh, secret));
  EXPECT_EQ(home.judge(old), Reason::Allowed);
  EXPECT_EQ(home.judge(fresh), Reason::Allowed);
  home.now = home.now + a.access_ttl;
  EXPECT_NE(home.judge(old), Reason::Allowed);
  ASSERT_TRUE(home.rooms().signing_keys.tend({}, home.doing()));
  EXPECT_EQ(state_of(secret.kid), KeyState::Retired);
  home.now = home.now + Seconds(86400);
  ASSERT_TRUE(home.rooms().signing_keys.tend({}, home.doing()));
  EXPECT_EQ(state_of(secret.kid), KeyState::Destroyed);
  for (const auto& k : kept()) EXPECT_EQ(k.state == KeyState::Destroyed, k.sealed_private.empty());
}

TEST_F(SharedSecrets, OneThatOthersHaveEndsWithAllItSigned) {
  const auto old = mint(a, parent);
  const auto second = share(a);
  const auto fresh = mint(a, parent);
  for (const auto& k : kept())
    if (k.kid == secret.kid) { ASSERT_TRUE(home.rooms().signing_keys.retire(k.id, keys::SigningKeys::Retirement::EndNow, home.doing())); }
  EXPECT_EQ(home.judge(old), Reason::UnknownKey);
  EXPECT_EQ(home.judge(fresh), Reason::Allowed);
}

// Somebody has to tell the API: no schedule and no other command puts another secret in its place.
TEST_F(SharedSecrets, NothingReplacesItUnseen) {
  auto& keys = home.rooms().signing_keys;
  home.now = home.now + Seconds(86400LL * 400);
  ASSERT_TRUE(keys.tend({}, home.doing()));
  EXPECT_EQ(state_of(secret.kid), KeyState::Active);
  const auto refused = [](const auto& done) { return !done && done.error().is(Refusal::Conflict); };
  EXPECT_TRUE(refused(keys.rotate(SignAlg::HS256, a.id, home.doing())));
  EXPECT_TRUE(refused(keys.rotate(SignAlg::HS256, ApiId(), home.doing())));
  EXPECT_TRUE(refused(keys.replace(SignAlg::HS256, a.id, home.doing())));
  EXPECT_TRUE(refused(keys.ensure(SignAlg::HS256, home.doing())));
  EXPECT_FALSE(keys.adopt(SignAlg::HS256, a.id, "pkcs11:object=x", home.doing()));
  for (const auto& k : kept())
    if (k.kid == secret.kid) { EXPECT_TRUE(refused(keys.retire(k.id, keys::SigningKeys::Retirement::EndNow, home.doing()))); }
  std::size_t count = 0;
  for (const auto& k : kept()) count += k.alg == SignAlg::HS256;
  EXPECT_EQ(count, 1u);
  EXPECT_NE(keys.ring()->signer(SignAlg::HS256, a.id), nullptr);
}

TEST_F(SharedSecrets, WithoutOneNothingIsSigned) {
  const auto bare = make_api("bare");
  const auto [of, text] = home.make_token(bare);
  const auto jwt = home.mint(of, bare, home.now);
  ASSERT_FALSE(jwt);
  EXPECT_TRUE(jwt.error().is(Refusal::Conflict));
  EXPECT_EQ(home.rooms().signing_keys.ring()->signer(SignAlg::HS256, bare.id), nullptr) << "another API's";
}

TEST_F(SharedSecrets, OneThatIsBroughtIsUsedAsItIs) {
  const std::string octets = "0123456789abcdefghijklmnopqrstuv";
  const auto jwk = [](std::string_view k, const std::string& more = {}) {
    return R"({"kty":"oct","k":")" + base64url::encode(as_bytes(k)) + "\"" + more + "}";
  };
  const auto taken = share(a, jwk(octets, R"(,"kid":"theirs","alg":"HS256","use":"sig")"));
  EXPECT_NE(taken.kid, "theirs");
  EXPECT_TRUE(taken.priv->k.equal(as_bytes(octets)));
  EXPECT_TRUE(verifies(mint(a, parent), taken));
  const auto refused = [&](const std::string& text) {
    const auto made = home.rooms().signing_keys.share(a.id, text, home.doing());
    return !made && made.error().is(Refusal::Invalid);
  };
  EXPECT_TRUE(refused(jwk(octets.substr(1)))) << "31 octets";
  EXPECT_TRUE(refused(jwk(std::string(40, '\0'))));
  EXPECT_TRUE(refused(jwk("abababababababababababababababababab")));
  EXPECT_TRUE(refused(jwk(std::string(1025, 'x') + octets)));
  EXPECT_TRUE(refused(jwk(octets, R"(,"alg":"HS512")")));
  EXPECT_TRUE(refused(jwk(octets, R"(,"use":"enc")")));
  EXPECT_TRUE(refused("{}"));
  EXPECT_TRUE(refused("secret"));
  EXPECT_TRUE(refused(home.rooms().signing_keys.ring()->signer(SignAlg::ES256, ApiId())->jwk));
  EXPECT_EQ(state_of(taken.kid), KeyState::Active) << "what was refused changed nothing";
}

TEST_F(SharedSecrets, WithinAnEncryptedTokenItWorksAlike) {
  const auto sealed = make_api("sealed", ledger::TokenFormat::Jwe);
  share(sealed);
  const auto [of, text] = home.make_token(sealed);
  const auto jwe = mint(sealed, of);
  EXPECT_EQ(std::count(jwe.begin(), jwe.end(), '.'), 4);
  EXPECT_EQ(home.judge(jwe), Reason::Allowed);
}

TEST_F(SharedSecrets, OutOfServiceNothingIsSignedOrBelieved) {
  const auto jwt = mint(a, parent);
  crypto::take_out_of_service(crypto::tested(SignAlg::HS256));
  EXPECT_EQ(home.judge(jwt), Reason::OutOfService);
  EXPECT_FALSE(home.mint(parent, a, home.now));
  crypto::put_in_service(crypto::tested(SignAlg::HS256));
  EXPECT_EQ(home.judge(jwt), Reason::Allowed);
}

TEST(SharedSecret, OpensAgainAfterARestart) {
  const Folder folder;
  Installation home;
  ASSERT_EQ(home.open(folder.places()), "");
  home.populate();
  ledger::Api draft;
  draft.name = "billing";
  draft.audience = "https://billing.example.com";
  draft.scopes = {"billing:read"};
  draft.alg = SignAlg::HS256;
  const auto api = *home.rooms().apis.create(draft, home.doing());
  const auto made = home.rooms().signing_keys.share(api.id, {}, home.doing());
  ASSERT_TRUE(made);
  const auto [of, text] = home.make_token(api);
  const auto jwt = *home.mint(of, api, home.now);
  const auto jwk = *jose::parse_jwk(as_text(made->jwk.read(program::Pass::key())));
  const auto k = base64url::encode(jwk.priv->k.read(program::Pass::key()));
  ASSERT_EQ(home.open(folder.places()), "");
  ASSERT_TRUE(home.building->load_tokens());
  EXPECT_EQ(home.judge(jwt), Reason::Allowed);
  for (const auto name : {"jeton.db", "jeton.db-wal"}) {
    const auto kept = folder.read(name);
    EXPECT_EQ(kept.find(k), std::string::npos) << name;
    EXPECT_EQ(kept.find(as_text(jwk.priv->k.read(program::Pass::key()))), std::string::npos) << name;
  }
}

}  // namespace
}  // namespace jeton::serve
