#include <gtest/gtest.h>

#include "blocks/json/value.h"
#include "formats/jose/jwk.h"
#include "formats/jose/jwt.h"
#include "ground/base64url.h"

namespace jeton::jose {
namespace {

// RFC 7515 A.1: HS256 over a payload with line breaks.
constexpr std::string_view kA1Key =
    R"({"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"})";
constexpr std::string_view kA1 =
    "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9"
    ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
// RFC 7515 A.3: ES256.
constexpr std::string_view kA3Key =
    R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"})";
constexpr std::string_view kA3 =
    "eyJhbGciOiJFUzI1NiJ9"
    ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
// RFC 8037 A.4: Ed25519.
constexpr std::string_view kEdKey =
    R"({"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})";
constexpr std::string_view kEd =
    "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc"
    ".hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";

crypto::VerifyKey key(std::string_view jwk, crypto::SignAlg alg) { return verify_key(*parse_jwk(jwk), alg).value(); }

TEST(Jws, ThePublishedExamplesVerify) {
  EXPECT_TRUE(verify_compact(kA1, key(kA1Key, crypto::SignAlg::HS256)));
  EXPECT_TRUE(verify_compact(kA3, key(kA3Key, crypto::SignAlg::ES256)));
  const auto ed = verify_compact(kEd, key(kEdKey, crypto::SignAlg::EdDSA));
  ASSERT_TRUE(ed);
  EXPECT_EQ(as_text(*ed), "Example of Ed25519 signing");
}

TEST(Jws, OneSpellingOnly) {
  const auto good = key(kA3Key, crypto::SignAlg::ES256);
  const std::string token(kA3);
  const auto refused = [&](const std::string& t) { return !verify_compact(t, good).has_value(); };
  EXPECT_FALSE(refused(token));
  for (const char* extra : {" ", "\n", "=", ".", "\t"}) {
    EXPECT_TRUE(refused(token + extra)) << extra;
    EXPECT_TRUE(refused(extra + token)) << extra;
  }
  // The last character of 86 holds slack bits: another one with the same upper bits is another spelling.
  std::string slack = token;
  slack.back() = slack.back() == 'Q' ? 'R' : 'Q';
  EXPECT_TRUE(refused(slack));
  EXPECT_TRUE(refused(token.substr(0, token.rfind('.') + 1)));
}

TEST(Jws, TheHeadersAlgIsComparedNotObeyed) {
  const auto hs = key(kA1Key, crypto::SignAlg::HS256);
  for (const char* alg : {"none", "None", "NONE", "nOnE", "HS384", "hs256", ""}) {
    const std::string header = base64url::encode(as_bytes(std::string(R"({"alg":")") + alg + "\"}"));
    EXPECT_FALSE(verify_compact(header + ".e30.", hs)) << alg;
    EXPECT_FALSE(verify_compact(header + ".e30.AAAA", hs)) << alg;
  }
  EXPECT_FALSE(verify_compact(kA1, key(kA3Key, crypto::SignAlg::ES256)));
}

// [RFC7515 §4.1.11]
TEST(Jws, WhatIsCriticalMustBeUnderstood) {
  const auto key = *crypto::SignKey::generate(crypto::SignAlg::EdDSA);
  const auto verified = [&](std::string_view members) {
    return verify_compact(*sign_compact(members, as_bytes("{}"), key), key.verify_key()).has_value();
  };
  EXPECT_TRUE(verified(R"("exp":1)"));
  EXPECT_TRUE(verified(R"("crit":["b64"],"b64":true)"));
  for (const auto* members : {R"("crit":["exp"],"exp":1)", R"("crit":["b64","exp"],"b64":true,"exp":1)", R"("crit":[])",
                              R"("crit":["b64"])", R"("crit":["b64","b64"],"b64":true)"})
    EXPECT_FALSE(verified(members)) << members;
}

TEST(Jwk, AKeyNamesItsAlgorithmAndUse) {
  EXPECT_TRUE(verify_key(*parse_jwk(kA3Key), crypto::SignAlg::ES256));
  const auto with = [&](std::string member) { return "{" + member + "," + std::string(kA3Key.substr(1)); };
  EXPECT_TRUE(verify_key(*parse_jwk(with(R"("use":"sig")")), crypto::SignAlg::ES256));
  EXPECT_FALSE(verify_key(*parse_jwk(with(R"("use":"enc")")), crypto::SignAlg::ES256));
  EXPECT_FALSE(verify_key(*parse_jwk(with(R"("alg":"ES384")")), crypto::SignAlg::ES256));
  EXPECT_FALSE(verify_key(*parse_jwk(with(R"("key_ops":["encrypt"])")), crypto::SignAlg::ES256));
  EXPECT_TRUE(verify_key(*parse_jwk(with(R"("key_ops":["verify"])")), crypto::SignAlg::ES256));
  EXPECT_FALSE(parse_jwk(with(R"("kty":"EC")")));
}

TEST(Jwk, ThumbprintsOfTheRfcs) {
  // RFC 7638 §3.1 and RFC 8037 A.3.
  const auto rsa = parse_jwk(
      R"({"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB","alg":"RS256","kid":"2011-04-29"})");
  ASSERT_TRUE(rsa);
  EXPECT_EQ(thumbprint(*rsa), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
  EXPECT_EQ(thumbprint(*parse_jwk(kEdKey)), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
}

TEST(Jwk, ASetWithOneKidTwiceIsRefused) {
  const std::string one = "{\"kid\":\"a\"," + std::string(kA3Key.substr(1));
  EXPECT_TRUE(parse_jwk_set("{\"keys\":[" + one + "]}"));
  EXPECT_FALSE(parse_jwk_set("{\"keys\":[" + one + "," + one + "]}"));
  EXPECT_EQ(parse_jwk_set("{\"keys\":[{\"kty\":\"new\"}," + one + "]}")->size(), 1u);
}

class JwtOf : public testing::Test {
 protected:
  const crypto::SignKey signer_ = *crypto::SignKey::generate(crypto::SignAlg::EdDSA);

  Status run(std::string_view claims, std::string_view header = R"("typ":"JWT")", Expected expected = {"iss", "aud", {}, Seconds(0)},
             std::int64_t now = 1000) {
    const auto token = sign_compact(header, as_bytes(claims), signer_);
    JwtRoom room;
    TRY(const auto parsed, ParsedJwt::parse(*token, room));
    TRY(const auto verified, parsed.verify(signer_.verify_key()));
    const auto& read = read_claims(verified);
    if (!read) return std::unexpected(read.error());
    return judge(verified, *read, expected, Instant::from_seconds(now));
  }
};

// A room remembers the last header by its text. What differs in one character is another header.
TEST_F(JwtOf, ARememberedHeaderIsHeldToItsWholeText) {
  const auto claims = as_bytes(R"({"iss":"iss","aud":"aud","exp":2000})");
  const auto good = *sign_compact(R"("typ":"JWT","kid":"one")", claims, signer_);
  const auto key = signer_.verify_key();
  JwtRoom room;
  for (int i = 0; i < 3; ++i) {
    const auto parsed = ParsedJwt::parse(good, room);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->header().kid, "one");
    EXPECT_TRUE(parsed->verify(key));
    // Other headers in between, good and bad.
    EXPECT_EQ(ParsedJwt::parse(*sign_compact(R"("typ":"JWT","kid":"two")", claims, signer_), room)->header().kid, "two");
    auto spoiled = good;
    spoiled[spoiled.find('.') - 1] ^= 1;
    EXPECT_FALSE(ParsedJwt::parse(spoiled, room));
    EXPECT_FALSE(ParsedJwt::parse(good.substr(good.find('.')), room)) << "no header is not the last one";
    EXPECT_FALSE(ParsedJwt::parse(*sign_compact(R"("crit":["exp"],"exp":1)", claims, signer_), room)) << "a refused header stays refused";
    EXPECT_FALSE(ParsedJwt::parse(*sign_compact(R"("crit":["exp"],"exp":1)", claims, signer_), room));
    // Longer than what is remembered.
    const std::string kid(600, 'k');
    for (int j = 0; j < 2; ++j)
      EXPECT_EQ(ParsedJwt::parse(*sign_compact(R"("kid":")" + kid + "\"", claims, signer_), room)->header().kid, kid);
  }
}

// One room, two tokens: the claims of the second, verified or not, are never given for the first's.
TEST_F(JwtOf, ARoomGivenToAnotherTokenGivesNothingOfTheFirst) {
  const auto first = *sign_compact({}, as_bytes(R"({"iss":"iss","aud":"aud","exp":2000,"sub":"ada"})"), signer_);
  auto forged = *sign_compact({}, as_bytes(R"({"iss":"iss","aud":"aud","exp":2000,"sub":"root"})"), signer_);
  forged[forged.size() - 10] = forged[forged.size() - 10] == 'A' ? 'B' : 'A';
  const auto key = signer_.verify_key();
  JwtRoom room;
  const auto parsed = ParsedJwt::parse(first, room);
  const auto verified = parsed->verify(key);
  ASSERT_TRUE(verified);
  EXPECT_EQ(read_claims(*verified)->sub, "ada");
  EXPECT_FALSE(ParsedJwt::parse(forged, room)->verify(key));
  EXPECT_TRUE(read_claims(*verified).error().is_fault());
  EXPECT_TRUE(parsed->verify(key).error().is_fault());
  EXPECT_TRUE(ParsedJwt::parse(first, room)->verify(key)) << "asked anew it is good";
}

TEST_F(JwtOf, WhatIsExpectedAndLeftEmptyFitsNoToken) {
  const auto claims = R"({"iss":"iss","aud":"aud","exp":2000})", without = R"({"iss":"","aud":"","exp":2000})";
  EXPECT_TRUE(run(claims).has_value());
  EXPECT_TRUE(
      run(claims, R"("typ":"JWT")", {.issuer = std::nullopt, .audience = std::nullopt, .typ = {}, .leeway = Seconds(0)}).has_value());
  for (const auto* text : {claims, without}) {
    EXPECT_TRUE(run(text, R"("typ":"JWT")", Expected{}).error().is(Refusal::WrongIssuer));
    EXPECT_TRUE(run(text, R"("typ":"JWT")", {.issuer = std::nullopt, .audience = std::string_view(), .typ = {}, .leeway = Seconds(0)})
                    .error()
                    .is(Refusal::WrongAudience));
  }
}

// Claims are read before the signature is checked, but what is wrong with them is for those alone whose signature is good.
TEST_F(JwtOf, ABadSignatureIsToldBeforeBadClaims) {
  auto token = *sign_compact(R"("typ":"JWT")", as_bytes(R"({"exp":"soon"})"), signer_);
  JwtRoom room;
  const auto verified = ParsedJwt::parse(token, room)->verify(signer_.verify_key());
  ASSERT_TRUE(verified);
  EXPECT_TRUE(read_claims(*verified).error().is(Refusal::Malformed));
  token[token.size() - 10] = token[token.size() - 10] == 'A' ? 'B' : 'A';
  EXPECT_TRUE(ParsedJwt::parse(token, room)->verify(signer_.verify_key()).error().is(Refusal::BadSignature));
}

TEST_F(JwtOf, TheWindowIsExclusiveAtItsEnd) {
  EXPECT_TRUE(run(R"({"iss":"iss","aud":"aud","exp":1001})"));
  EXPECT_FALSE(run(R"({"iss":"iss","aud":"aud","exp":1000})"));
  EXPECT_TRUE(run(R"({"iss":"iss","aud":"aud","exp":1000})", R"("typ":"JWT")", {"iss", "aud", {}, Seconds(1)}));
  EXPECT_FALSE(run(R"({"iss":"iss","aud":"aud","exp":2000,"nbf":1001})"));
  EXPECT_TRUE(run(R"({"iss":"iss","aud":"aud","exp":2000,"nbf":1000})"));
  EXPECT_FALSE(run(R"({"iss":"iss","aud":"aud"})"));
  // Half a second is never given: not at the end, not at the beginning.
  EXPECT_FALSE(run(R"({"iss":"iss","aud":"aud","exp":1000.5})"));
  EXPECT_FALSE(run(R"({"iss":"iss","aud":"aud","exp":2000,"nbf":1000.5})"));
  EXPECT_TRUE(run(R"({"iss":"iss","aud":"aud","exp":2000,"nbf":999.5})"));
  EXPECT_TRUE(run(R"({"iss":"iss","aud":"aud","exp":2000,"nbf":1e3})"));
  EXPECT_FALSE(run(R"({"iss":"iss","aud":"aud","exp":2000,"iat":1001})"));
}

TEST_F(JwtOf, ClaimsHaveTheirExactTypes) {
  EXPECT_TRUE(run(R"({"iss":"iss","aud":["x","aud"],"exp":2000.5})"));
  for (const char* claims :
       {R"({"iss":["iss"],"aud":"aud","exp":2000})", R"({"iss":"iss","aud":[["aud"]],"exp":2000})",
        R"({"iss":"iss","aud":{"aud":1},"exp":2000})", R"({"iss":"iss","aud":"aud","exp":"2000"})",
        R"({"iss":"iss","aud":"aud","exp":NaN})", R"({"iss":"iss","aud":"aud","exp":1e400})", R"({"iss":"iss","aud":"aud","exp":-1})",
        R"({"iss":"iss","aud":"aud","exp":18446744073709551616})", R"({"iss":"iss","aud":"aud","exp":true})",
        R"({"iss":"iss","aud":"aud","exp":2000,"exp":3000})", R"({"iss":"is","aud":"aud","exp":2000})",
        R"({"iss":"isss","aud":"aud","exp":2000})", R"({"iss":"iss","aud":"au","exp":2000})", R"({"iss":"iss","aud":[],"exp":2000})",
        R"({"iss":"iss","aud":["x","audx","au"],"exp":2000})", R"({"iss":"iss","aud":"aud","exp":2000,"nbf":"1"})", R"(["iss"])",
        R"("iss")"})
    EXPECT_FALSE(run(claims)) << claims;
}

// [RFC8725 §3.1] a good signature by the very key, under a header that names another algorithm
TEST_F(JwtOf, TheAlgIsTheKeys) {
  const auto rsa = *crypto::SignKey::generate(crypto::SignAlg::RS256, 2048);
  const std::string claims = base64url::encode(as_bytes(R"({"iss":"iss","aud":"aud","exp":2000})"));
  const auto signed_under = [&](std::string_view alg) {
    auto token = base64url::encode(as_bytes("{\"alg\":\"" + std::string(alg) + "\"}")) + "." + claims;
    Bytes signature(rsa.signature_size());
    EXPECT_TRUE(rsa.sign(as_bytes(token), signature));
    return token + "." + base64url::encode(signature);
  };
  JwtRoom room;
  const auto key = rsa.verify_key();
  EXPECT_TRUE(ParsedJwt::parse(signed_under("RS256"), room)->verify(key));
  EXPECT_TRUE(verify_compact(signed_under("RS256"), key));
  for (const auto* alg : {"PS256", "RS512", "HS256", "none", "rs256"}) {
    EXPECT_TRUE(ParsedJwt::parse(signed_under(alg), room)->verify(key).error().is(Refusal::Unsupported)) << alg;
    EXPECT_TRUE(verify_compact(signed_under(alg), key).error().is(Refusal::Unsupported)) << alg;
  }
}

TEST_F(JwtOf, TypTellsKindsApart) {
  constexpr auto claims = R"({"iss":"iss","aud":"aud","exp":2000})";
  constexpr auto access = R"({"iss":"iss","aud":"aud","exp":2000,"sub":"s","client_id":"c","jti":"j","iat":1})";
  EXPECT_TRUE(run(claims, ""));
  EXPECT_FALSE(run(claims, R"("typ":"dpop+jwt")"));
  EXPECT_FALSE(run(claims, R"("typ":"at+jwt")"));
  EXPECT_TRUE(run(access, R"("typ":"at+jwt")"));
  EXPECT_TRUE(run(access, R"("typ":"application/at+jwt")", {"iss", "aud", "at+jwt", Seconds(0)}));
  EXPECT_TRUE(run(access, R"("typ":"AT+JWT")", {"iss", "aud", "at+jwt", Seconds(0)}));
  EXPECT_FALSE(run(access, R"("typ":"JWT")", {"iss", "aud", "at+jwt", Seconds(0)}));
  EXPECT_FALSE(run(access, "", {"iss", "aud", "at+jwt", Seconds(0)}));
}

TEST_F(JwtOf, CriticalAndUnencodedHeadersAreRefused) {
  constexpr auto claims = R"({"iss":"iss","aud":"aud","exp":2000})";
  EXPECT_FALSE(run(claims, R"("crit":["exp"],"exp":1)"));
  EXPECT_FALSE(run(claims, R"("crit":["b64"],"b64":false)"));
  EXPECT_FALSE(run(claims, R"("crit":["b64"],"b64":true)"));
  EXPECT_FALSE(run(claims, R"("crit":[])"));
  EXPECT_FALSE(run(claims, R"("alg":"EdDSA")"));
  EXPECT_TRUE(run(claims, R"("x-unknown":{"a":1},"jwk":{"kty":"OKP"},"jku":"https://example.org")"));
}

}  // namespace
}  // namespace jeton::jose
