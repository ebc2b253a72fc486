// Signing keys of a PKCS#11 token that is away: nothing takes their place unasked.
#include "blocks/crypto/pkcs11/soft_token.h"
#include "formats/jose/jwk.h"
#include "program/serve/installation.h"

namespace jeton::serve {
namespace {

using crypto::pkcs11::SoftToken;
using ledger::KeyState;
using verify::Reason;

constexpr auto kAlg = crypto::SignAlg::ES256;

class TokenKeys : public testing::Test {
 protected:
  void SetUp() override {
    if (!SoftToken::ready) GTEST_SKIP() << "SoftHSM2 is not here";
    ASSERT_EQ(home.open(folder.places()), "");
    home.populate();
    come();
  }
  // Its token is reached while its PIN is there.
  void come() {
    folder.write("pin", "1234\n");
    std::filesystem::permissions(folder / "pin", std::filesystem::perms(0600));
  }
  void go() { std::filesystem::remove(folder / "pin"); }
  std::string uri() const {
    const auto given = SoftToken::uri_of("signer");
    return given.substr(0, given.rfind("file:")) + "file:" + folder / "pin";
  }
  keys::SigningKeys& signing() { return home.rooms().signing_keys; }
  // The kid of the token's key, which signs from then on.
  std::string use(const ApiId& api = ApiId()) {
    const auto key = signing().adopt(kAlg, api, uri(), home.doing());
    EXPECT_TRUE(key) << key.error().detail();
    EXPECT_TRUE(signing().rotate(kAlg, api, home.doing()));
    return key->kid;
  }
  std::string signer(const ApiId& api = ApiId()) {
    const auto ring = signing().ring();
    const auto* key = ring->signer(kAlg, api);
    return key == nullptr ? "none" : key->kid;
  }
  std::vector<ledger::SigningKey> records() { return *home.rooms().ledger.keys(); }
  // "kid state" of each, oldest first.
  std::vector<std::string> keys() {
    std::vector<std::string> out;
    for (const auto& k : records()) out.push_back(k.kid + " " + std::to_string(int(k.state)));
    return out;
  }
  bool mints() { return home.mint(home.token, home.api, home.now).has_value(); }

  Folder folder;
  Installation home;
};

TEST_F(TokenKeys, AKeyWhoseTokenIsAwayKeepsItsPlaceAndSignsNothing) {
  const auto kid = use();
  const auto jwt = home.mint();
  const auto before = keys();
  go();
  ASSERT_EQ(home.open(folder.places()), "") << "what is checked does not need it";
  EXPECT_EQ(keys(), before) << "no key of this program's own takes its place";
  EXPECT_EQ(signer(), "none");
  EXPECT_EQ(home.judge(jwt), Reason::Allowed);
  EXPECT_EQ(home.judge(home.text), Reason::Allowed);
  EXPECT_FALSE(mints());
  const auto asked = signing().ensure(kAlg, home.doing());
  ASSERT_FALSE(asked);
  EXPECT_TRUE(asked.error().is(Fault::Config));
  EXPECT_NE(asked.error().detail().find("not there"), std::string::npos) << asked.error().detail();
  EXPECT_EQ(keys(), before);
  ASSERT_TRUE(signing().tend({}, home.doing()));
  EXPECT_EQ(signer(), "none");
  come();
  ASSERT_TRUE(signing().tend({}, home.doing()));
  EXPECT_EQ(signer(), kid) << "without a restart";
  EXPECT_TRUE(mints());
}

TEST_F(TokenKeys, AnAlgorithmOutOfServiceGetsNoOtherKeyEither) {
  const auto before = keys();
  crypto::take_out_of_service(kAlg);
  ASSERT_TRUE(signing().load());
  const auto asked = signing().ensure(kAlg, home.doing());
  EXPECT_FALSE(asked);
  crypto::put_in_service(kAlg);
  EXPECT_TRUE(asked.error().is(Fault::SelfTest));
  EXPECT_EQ(keys(), before);
  ASSERT_TRUE(signing().load());
  EXPECT_TRUE(signing().ensure(kAlg, home.doing()));
}

TEST_F(TokenKeys, AnApisOwnKeyIsNotReplacedByTheInstallations) {
  const auto kid = use(home.api.id);
  EXPECT_EQ(signer(home.api.id), kid);
  go();
  ASSERT_TRUE(signing().load());
  EXPECT_EQ(signer(home.api.id), "none");
  EXPECT_NE(signer(), "none") << "the others go on";
  EXPECT_FALSE(mints());
  come();
  ASSERT_TRUE(signing().load());
  EXPECT_EQ(signer(home.api.id), kid);
}

TEST_F(TokenKeys, NoSchedulePutsAnotherKeyInItsPlace) {
  const auto kid = use();
  const keys::Lives lives{.rotation = Seconds(86400), .longest_token = Seconds(86400 * 1000)};
  for (int day = 0; day < 4; ++day) {
    home.now = home.now + Seconds(86400);
    ASSERT_TRUE(signing().tend(lives, home.doing()));
    EXPECT_EQ(signer(), kid);
  }
  const auto asked = signing().rotate(kAlg, ApiId(), home.doing());
  ASSERT_FALSE(asked);
  EXPECT_TRUE(asked.error().is(Refusal::Conflict));
  // Its holder says so: one of this program's own.
  std::optional<KeyId> id;
  for (const auto& k : records())
    if (k.kid == kid) id = k.id;
  ASSERT_TRUE(signing().retire(*id, keys::SigningKeys::Retirement::KeepVerifying, home.doing()));
  EXPECT_NE(signer(), kid);
  EXPECT_NE(signer(), "none");
  home.now = home.now + Seconds(86400 * 2);
  const auto own = signer();
  ASSERT_TRUE(signing().tend(lives, home.doing()));
  EXPECT_NE(signer(), own) << "the schedule goes on with its own";
}

TEST_F(TokenKeys, AKeyWhoseTokenIsAwayDoesNotBecomeTheActiveOne) {
  const auto before = signer();
  ASSERT_TRUE(signing().adopt(kAlg, ApiId(), uri(), home.doing()));
  go();
  const auto refused = signing().rotate(kAlg, ApiId(), home.doing());
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().detail().find("not there"), std::string::npos);
  EXPECT_EQ(signer(), before);
  come();
  EXPECT_TRUE(signing().rotate(kAlg, ApiId(), home.doing()));
}

// As if somebody had put another key into the token, under the same name.
TEST_F(TokenKeys, AnotherKeyOfThatNameDoesNotSign) {
  const auto kid = use();
  const auto other = *crypto::SignKey::generate(kAlg);
  for (auto k : records()) {
    if (k.kid != kid) continue;
    k.kid = jose::thumbprint(jose::to_jwk(other, {}));
    k.public_jwk = jose::to_json(other, k.kid, jose::Part::Public);
    ASSERT_TRUE(home.rooms().ledger.commit({ledger::Update<ledger::SigningKey>{k}}));
  }
  ASSERT_TRUE(signing().load());
  EXPECT_EQ(signer(), "none");
  const auto asked = signing().ensure(kAlg, home.doing());
  ASSERT_FALSE(asked);
  EXPECT_NE(asked.error().detail().find("another key of that name"), std::string::npos);
}

}  // namespace
}  // namespace jeton::serve
