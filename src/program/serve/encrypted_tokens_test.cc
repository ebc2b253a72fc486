// Access tokens that only their API can read.
#include "formats/jose/jwe.h"
#include "formats/jose/jwt.h"
#include "program/serve/installation.h"

namespace jeton::serve {
namespace {

using ledger::Encryption;
using verify::Reason;

class EncryptedTokens : public testing::TestWithParam<Encryption> {
 protected:
  void SetUp() override {
    ASSERT_EQ(home.open({"memory:", {}, {}, {}}), "");
    home.populate();
    sealed = home.make_api("sealed", crypto::SignAlg::ES256, ledger::TokenFormat::Jwe);
    std::tie(parent, text) = home.make_token(sealed);
  }
  ledger::Api stored() { return **home.rooms().ledger.api(sealed.id); }
  // What the API holds to decrypt with; its public half goes to the server.
  jose::Jwk new_key(const std::string& kid) {
    if (GetParam() == Encryption::RsaOaep256) return jose::to_jwk(*crypto::SignKey::generate(crypto::SignAlg::RS256, 2048), kid);
    return jose::to_jwk(*crypto::SignKey::generate(crypto::SignAlg::ES256), kid);
  }
  jose::Jwk set_key(const std::string& kid) {
    const bool shared = GetParam() == Encryption::Dir || GetParam() == Encryption::A256KW;
    if (shared) {
      const auto made = home.rooms().encryptions.set(stored(), GetParam(), {}, home.doing());
      EXPECT_TRUE(made);
      EXPECT_TRUE(made->secret);
      return *jose::parse_jwk(made->jwk);
    }
    auto jwk = new_key(kid);
    // A key for signatures becomes one for encryption here alone.
    jwk.use = "enc";
    jwk.alg = apis::name(GetParam());
    const auto made = home.rooms().encryptions.set(stored(), GetParam(), *jose::to_json(jwk, jose::Part::Public), home.doing());
    EXPECT_TRUE(made) << made.error().detail();
    return jwk;
  }
  std::string open(const std::string& jwe, const jose::Jwk& key) {
    const auto alg = crypto::key_alg(apis::name(GetParam()));
    const auto parsed = jose::ParsedJwe::parse(jwe);
    const auto decrypt = jose::DecryptKey::of(key, *alg);
    if (!parsed || !decrypt) return "unreadable";
    const auto inner = parsed->decrypt(*decrypt);
    return inner ? std::string(as_text(inner->read(program::Pass::key()))) : "no";
  }
  Installation home;
  ledger::Api sealed;
  ledger::Token parent;
  std::string text;
};

TEST_P(EncryptedTokens, TheApiReadsASignedTokenInsideAndTheServerTakesIt) {
  const auto key = set_key("k1");
  const auto jwe = home.mint(parent, stored(), home.now);
  ASSERT_TRUE(jwe) << jwe.error().detail();
  EXPECT_EQ(home.judge(*jwe), Reason::Allowed);
  const auto parsed = jose::ParsedJwe::parse(*jwe);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->header().cty, "JWT");
  EXPECT_EQ(parsed->header().enc, "A256GCM");
  EXPECT_EQ(parsed->header().alg, apis::name(GetParam()));
  EXPECT_EQ(parsed->header().kid, key.kid);
  const auto inner = open(*jwe, key);
  jose::JwtRoom room;
  const auto jwt = jose::ParsedJwt::parse(inner, room);
  ASSERT_TRUE(jwt) << inner;
  const auto* signer = home.rooms().signing_keys.ring()->find(jwt->header().kid);
  ASSERT_NE(signer, nullptr);
  EXPECT_TRUE(jwt->verify(signer->verify));
  // [RFC7516 §11] one octet elsewhere is another token
  for (const std::size_t at : {std::size_t{5}, jwe->size() / 2, jwe->size() - 2}) {
    auto other = *jwe;
    other[at] = other[at] == 'A' ? 'B' : 'A';
    EXPECT_NE(home.judge(other), Reason::Allowed) << at;
  }
  EXPECT_NE(home.judge(*jwe + "A"), Reason::Allowed);
}

TEST_P(EncryptedTokens, AnotherKeyTakesOverAndTokensUnderTheOldOneStayGood) {
  const auto first = set_key("k1");
  const auto old = *home.mint(parent, stored(), home.now);
  const auto second = set_key("k2");
  EXPECT_NE(first.kid, second.kid);
  const auto fresh = *home.mint(parent, stored(), home.now);
  EXPECT_EQ(home.judge(old), Reason::Allowed);
  EXPECT_EQ(home.judge(fresh), Reason::Allowed);
  EXPECT_TRUE(open(fresh, second).starts_with("ey"));
  EXPECT_FALSE(open(fresh, first).starts_with("ey"));
  EXPECT_TRUE(open(old, first).starts_with("ey"));
}

TEST_P(EncryptedTokens, ItDiesWithItsParentAndByItself) {
  set_key("k1");
  const auto jwe = *home.mint(parent, stored(), home.now);
  ASSERT_TRUE(home.rooms().tokens.revoke({ledger::TokensOf(parent.id), ledger::EndReason::Revoked, {}, home.now}, home.doing()));
  EXPECT_NE(home.judge(jwe), Reason::Allowed);
}

TEST_P(EncryptedTokens, WhatItSignedInsideIsNoTokenOfThisApiByItself) {
  const auto key = set_key("k1");
  const auto jwe = *home.mint(parent, stored(), home.now);
  const auto inner = open(jwe, key);
  // The API may show what it decrypted; it is signed for it, so it is taken, and dies with the parent all the same.
  EXPECT_EQ(home.judge(inner), Reason::Allowed);
  ASSERT_TRUE(home.rooms().tokens.revoke({ledger::TokensOf(parent.id), ledger::EndReason::Revoked, {}, home.now}, home.doing()));
  EXPECT_NE(home.judge(inner), Reason::Allowed);
}

INSTANTIATE_TEST_SUITE_P(Algs, EncryptedTokens,
                         testing::Values(Encryption::Dir, Encryption::A256KW, Encryption::EcdhEsA256KW, Encryption::RsaOaep256),
                         [](const auto& i) {
                           std::string name(apis::name(i.param));
                           std::erase_if(name, [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); });
                           return name;
                         });

TEST(EncryptedToken, AnApiWithoutAKeyGetsAShared) {
  Installation home;
  ASSERT_EQ(home.open({"memory:", {}, {}, {}}), "");
  home.populate();
  const auto api = home.make_api("sealed", crypto::SignAlg::ES256, ledger::TokenFormat::Jwe);
  const auto [parent, text] = home.make_token(api);
  const auto jwe = home.mint(parent, api, home.now);
  ASSERT_TRUE(jwe) << jwe.error().detail();
  EXPECT_EQ(home.judge(*jwe), Reason::Allowed);
  EXPECT_EQ((*home.rooms().ledger.api(api.id))->encryption, Encryption::A256KW);
}

TEST(EncryptedToken, KeysThatAreNotSoundAreRefused) {
  Installation home;
  ASSERT_EQ(home.open({"memory:", {}, {}, {}}), "");
  home.populate();
  const auto api = home.make_api("sealed", crypto::SignAlg::ES256, ledger::TokenFormat::Jwe);
  const auto set = [&](Encryption e, std::string_view jwk) {
    return home.rooms().encryptions.set(**home.rooms().ledger.api(api.id), e, jwk, home.doing()).has_value();
  };
  const auto ec = *crypto::SignKey::generate(crypto::SignAlg::ES256);
  auto jwk = jose::to_jwk(ec, "k");
  jwk.use = "enc";
  jwk.alg.clear();
  EXPECT_TRUE(set(Encryption::EcdhEsA256KW, *jose::to_json(jwk, jose::Part::Public)));
  EXPECT_FALSE(set(Encryption::EcdhEsA256KW, *jose::to_json(jwk, jose::Part::Private))) << "the private half stays with the API";
  EXPECT_FALSE(set(Encryption::RsaOaep256, *jose::to_json(jwk, jose::Part::Public)));
  EXPECT_FALSE(set(Encryption::EcdhEsA256KW, ""));
  EXPECT_FALSE(set(Encryption::EcdhEsA256KW, "{}"));
  EXPECT_FALSE(set(Encryption::A256KW, R"({"kty":"oct","k":"AAAA"})")) << "too short";
  EXPECT_FALSE(set(Encryption::None, ""));
}

}  // namespace
}  // namespace jeton::serve
