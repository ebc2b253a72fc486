#include "formats/jose/jwe.h"

#include <gtest/gtest.h>

#include "blocks/crypto/envelope/agreement.h"
#include "blocks/crypto/random.h"
#include "formats/jose/jws.h"
#include "ground/base64url.h"
#include "ground/secret_pass.h"

namespace jeton::jose {
namespace {

using crypto::ContentAlg;
using crypto::KeyAlg;
using crypto::KeyMode;

Jwk oct(std::size_t size) {
  crypto::SystemEntropy entropy;
  Jwk jwk;
  jwk.pub.type = crypto::KeyType::Oct;
  jwk.priv.emplace();
  jwk.priv->k = Secret(size);
  EXPECT_TRUE(entropy.fill(jwk.priv->k.write(Pass::key())));
  return jwk;
}

const Jwk& rsa() {
  static const Jwk jwk = [] {
    auto key = to_jwk(*crypto::SignKey::generate(crypto::SignAlg::RS256, 2048), {});
    key.use = key.alg = "";
    return key;
  }();
  return jwk;
}

Jwk on(crypto::Curve curve) {
  const auto key = *crypto::AgreeKey::generate(curve);
  Jwk jwk;
  jwk.pub = key.public_parts();
  jwk.priv = key.private_parts();
  return jwk;
}

Jwk clone(const Jwk& jwk) { return *parse_jwk(*to_json(jwk, Part::Private)); }

Jwk key_for(KeyAlg alg, ContentAlg enc) {
  const auto& a = crypto::info(alg);
  switch (a.mode) {
    case KeyMode::Direct: return oct(crypto::info(enc).key_size);
    case KeyMode::Wrap:
    case KeyMode::GcmWrap: return oct(a.kek_size);
    case KeyMode::Password: return oct(20);
    case KeyMode::Oaep: return clone(rsa());
    default: return on(crypto::Curve::P256);
  }
}

Result<std::string> opened(std::string_view token, const Jwk& jwk, KeyAlg alg) {
  TRY(const auto key, DecryptKey::of(jwk, alg));
  TRY(const auto parsed, is_json(token) ? ParsedJwe::parse_json(token) : ParsedJwe::parse(token));
  TRY(const auto plain, parsed.decrypt(key));
  return std::string(as_text(plain.read(Pass::key())));
}

std::string sealed(const Jwk& jwk, KeyAlg alg, ContentAlg enc, std::string_view plain = "message", std::string_view members = {}) {
  crypto::SystemEntropy entropy;
  return *encrypt_compact(members, as_bytes(plain), *EncryptKey::of(jwk, alg), enc, entropy);
}

std::vector<std::string> parts_of(const std::string& token) {
  std::vector<std::string> parts(1);
  for (const char c : token) {
    if (c == '.') parts.emplace_back();
    else parts.back() += c;
  }
  return parts;
}

std::string joined(const std::vector<std::string>& parts) {
  std::string out = parts[0];
  for (std::size_t i = 1; i < parts.size(); ++i) out += "." + parts[i];
  return out;
}

class EveryKeyAlg : public testing::TestWithParam<KeyAlg> {};

TEST_P(EveryKeyAlg, DecryptsWhatItEncryptedAndRefusesEveryOtherOctet) {
  for (const auto& enc : crypto::content_algs()) {
    // Passwords are slow on purpose: one content algorithm is enough for them.
    if (crypto::info(GetParam()).mode == KeyMode::Password && enc.alg != ContentAlg::A128Gcm) continue;
    const auto jwk = key_for(GetParam(), enc.alg);
    const auto token = sealed(jwk, GetParam(), enc.alg);
    const auto plain = opened(token, jwk, GetParam());
    ASSERT_TRUE(plain) << enc.name << " " << plain.error().detail();
    EXPECT_EQ(*plain, "message");
    const auto good = parts_of(token);
    for (std::size_t part = 1; part < 5; ++part) {
      if (good[part].empty()) continue;
      auto bad = good;
      auto octets = *base64url::decode(bad[part]);
      octets.front() ^= 1;
      bad[part] = base64url::encode(octets);
      const auto refused = opened(joined(bad), jwk, GetParam());
      ASSERT_FALSE(refused) << enc.name << " part " << part;
      EXPECT_TRUE(refused.error().is(Refusal::BadSignature)) << enc.name << " part " << part << ": " << refused.error().detail();
      for (const bool longer : {false, true}) {
        auto other = *base64url::decode(good[part]);
        if (longer) other.push_back(0);
        else other.pop_back();
        bad[part] = base64url::encode(other);
        EXPECT_FALSE(opened(joined(bad), jwk, GetParam())) << enc.name << " part " << part;
      }
    }
  }
}

TEST_P(EveryKeyAlg, AnotherKeyAndAnotherAlgAreRefused) {
  const auto enc = ContentAlg::A256Gcm;
  const auto jwk = key_for(GetParam(), enc);
  const auto token = sealed(jwk, GetParam(), enc);
  const auto mode = crypto::info(GetParam()).mode;
  if (mode != KeyMode::Oaep) { EXPECT_FALSE(opened(token, key_for(GetParam(), enc), GetParam())); }
  for (const auto& other : crypto::key_algs())
    if (other.alg != GetParam() && permits(jwk, other.alg, Direction::Decrypt)) {
      EXPECT_FALSE(opened(token, jwk, other.alg)) << other.name;
    }
}

TEST_P(EveryKeyAlg, JsonCarriesAdditionalDataThatIsAuthenticated) {
  crypto::SystemEntropy entropy;
  const auto jwk = key_for(GetParam(), ContentAlg::A128CbcHs256);
  auto token =
      *encrypt_json({}, as_bytes("message"), as_bytes("beside"), *EncryptKey::of(jwk, GetParam()), ContentAlg::A128CbcHs256, entropy);
  EXPECT_TRUE(opened(token, jwk, GetParam()));
  const auto at = token.find(base64url::encode(as_bytes("beside")));
  ASSERT_NE(at, std::string::npos);
  token[at] = token[at] == 'A' ? 'B' : 'A';
  EXPECT_FALSE(opened(token, jwk, GetParam()));
}

INSTANTIATE_TEST_SUITE_P(Algs, EveryKeyAlg,
                         testing::Values(KeyAlg::Dir, KeyAlg::A128Kw, KeyAlg::A192Kw, KeyAlg::A256Kw, KeyAlg::A128GcmKw, KeyAlg::A192GcmKw,
                                         KeyAlg::A256GcmKw, KeyAlg::RsaOaep, KeyAlg::RsaOaep256, KeyAlg::EcdhEs, KeyAlg::EcdhEsA128Kw,
                                         KeyAlg::EcdhEsA192Kw, KeyAlg::EcdhEsA256Kw, KeyAlg::Pbes2Hs256A128Kw),
                         [](const auto& i) { return "Alg" + std::to_string(static_cast<int>(i.param)); });

TEST(Jwe, EveryCurveAgrees) {
  for (const auto curve : {crypto::Curve::P256, crypto::Curve::P384, crypto::Curve::P521, crypto::Curve::X25519}) {
    const auto jwk = on(curve);
    const auto token = sealed(jwk, KeyAlg::EcdhEs, ContentAlg::A256CbcHs512);
    EXPECT_TRUE(opened(token, jwk, KeyAlg::EcdhEs)) << curve_name(curve);
    EXPECT_FALSE(opened(token, on(curve), KeyAlg::EcdhEs)) << curve_name(curve);
  }
}

// A header of our own around the parts of a good token: what is authenticated changes, so only the reason can be looked at.
Failure refusal(const std::string& token, std::string_view header, const Jwk& jwk, KeyAlg alg) {
  auto parts = parts_of(token);
  parts[0] = base64url::encode(as_bytes(header));
  const auto result = opened(joined(parts), jwk, alg);
  EXPECT_FALSE(result);
  return result.error();
}

// RFC 7516 §4.1.3, RFC 8725 §3.6
TEST(Jwe, CompressionAndCriticalHeadersAreRefused) {
  const auto jwk = oct(32);
  EXPECT_TRUE(opened(sealed(jwk, KeyAlg::A256Kw, ContentAlg::A256Gcm, "m", R"("x":1)"), jwk, KeyAlg::A256Kw));
  EXPECT_FALSE(opened(sealed(jwk, KeyAlg::A256Kw, ContentAlg::A256Gcm, "m", R"("zip":"DEF")"), jwk, KeyAlg::A256Kw));
  EXPECT_FALSE(opened(sealed(jwk, KeyAlg::A256Kw, ContentAlg::A256Gcm, "m", R"("crit":["exp"],"exp":1)"), jwk, KeyAlg::A256Kw));
  EXPECT_FALSE(opened(sealed(jwk, KeyAlg::A256Kw, ContentAlg::A256Gcm, "m", R"("crit":["b64"],"b64":true)"), jwk, KeyAlg::A256Kw));
  EXPECT_FALSE(opened(sealed(jwk, KeyAlg::A256Kw, ContentAlg::A256Gcm, "m", R"("alg":"A256KW")"), jwk, KeyAlg::A256Kw));
}

// CVE-2016-9121 and its kin
TEST(Jwe, AnEphemeralKeyOffTheCurveIsRefused) {
  const auto jwk = on(crypto::Curve::P256);
  const auto token = sealed(jwk, KeyAlg::EcdhEs, ContentAlg::A128Gcm);
  const auto with = [&](std::string_view epk) {
    return refusal(token, R"({"alg":"ECDH-ES","enc":"A128GCM","epk":)" + std::string(epk) + "}", jwk, KeyAlg::EcdhEs);
  };
  const std::string ones = base64url::encode(Bytes(32, 1)), x = base64url::encode(on(crypto::Curve::P256).pub.x);
  EXPECT_TRUE(with(R"({"kty":"EC","crv":"P-256","x":")" + x + R"(","y":")" + ones + "\"}").is(Refusal::WeakKey));
  EXPECT_TRUE(with(R"({"kty":"EC","crv":"P-256","x":"AQ","y":"AQ"})").is(Refusal::Malformed));
  EXPECT_TRUE(with(R"({"kty":"OKP","crv":"X25519","x":")" + ones + "\"}").is(Refusal::WeakKey));
  EXPECT_TRUE(with("{}").is(Refusal::Malformed));
  const auto x25519 = on(crypto::Curve::X25519);
  const auto other = sealed(x25519, KeyAlg::EcdhEs, ContentAlg::A128Gcm);
  const auto zeros = base64url::encode(Bytes(32, 0));
  EXPECT_TRUE(
      refusal(other, R"({"alg":"ECDH-ES","enc":"A128GCM","epk":{"kty":"OKP","crv":"X25519","x":")" + zeros + "\"}}", x25519, KeyAlg::EcdhEs)
          .is(Refusal::WeakKey));
}

// CVE-2022-36083 and its kin; CVE-2023-31582
TEST(Jwe, RoundsOfPasswordsAreBoundedBothWays) {
  const auto jwk = oct(20);
  const auto token = sealed(jwk, KeyAlg::Pbes2Hs256A128Kw, ContentAlg::A128Gcm);
  const auto with = [&](std::string_view p2c) {
    return refusal(token, R"({"alg":"PBES2-HS256+A128KW","enc":"A128GCM","p2s":"AAAAAAAAAAAAAAAA","p2c":)" + std::string(p2c) + "}", jwk,
                   KeyAlg::Pbes2Hs256A128Kw);
  };
  for (const char* p2c : {"0", "1", "999", "1000001", "2147483647", "9223372036854775807", "-1"})
    EXPECT_TRUE(with(p2c).is(Refusal::TooLarge)) << p2c;
  for (const char* p2c : {"1e3", "1000.5", "\"1000\"", "null", "9223372036854775808"}) EXPECT_TRUE(with(p2c).is(Refusal::Malformed)) << p2c;
  EXPECT_TRUE(with("1000").is(Refusal::BadSignature));
}

// Under dir the one key encrypts everything: a nonce that came twice would give both messages away, and the key that makes tags.
TEST(Jwe, NoNonceIsUsedTwice) {
  for (const auto alg : {KeyAlg::Dir, KeyAlg::A256Kw, KeyAlg::RsaOaep256, KeyAlg::EcdhEsA256Kw}) {
    const auto jwk = key_for(alg, ContentAlg::A256Gcm);
    const auto one = parts_of(sealed(jwk, alg, ContentAlg::A256Gcm)), other = parts_of(sealed(jwk, alg, ContentAlg::A256Gcm));
    EXPECT_NE(one[2], other[2]) << crypto::info(alg).name;
    EXPECT_NE(one[3], other[3]) << crypto::info(alg).name;
    EXPECT_EQ(one[1] == other[1], alg == KeyAlg::Dir) << crypto::info(alg).name;
  }
}

// [RFC7518 §4.5] alg of a key for dir is the enc that it is for
TEST(Jwe, AKeyThatNamesItsContentAlgorithmIsForThatAlone) {
  auto jwk = oct(32);
  const auto gcm = sealed(jwk, KeyAlg::Dir, ContentAlg::A256Gcm), cbc = sealed(jwk, KeyAlg::Dir, ContentAlg::A128CbcHs256);
  EXPECT_TRUE(opened(cbc, jwk, KeyAlg::Dir)) << "it names none";
  jwk.alg = "A256GCM";
  EXPECT_TRUE(opened(gcm, jwk, KeyAlg::Dir));
  EXPECT_FALSE(opened(cbc, jwk, KeyAlg::Dir));
}

TEST(Jwe, OneSpellingOnly) {
  const auto jwk = oct(32);
  const auto token = sealed(jwk, KeyAlg::Dir, ContentAlg::A256Gcm);
  EXPECT_TRUE(opened(token, jwk, KeyAlg::Dir));
  for (const char* extra : {" ", "\n", "=", ".", ".x"}) {
    EXPECT_FALSE(opened(token + extra, jwk, KeyAlg::Dir)) << extra;
    EXPECT_FALSE(opened(extra + token, jwk, KeyAlg::Dir)) << extra;
  }
  auto parts = parts_of(token);
  parts[1] = "AAAA";   // [RFC7516 §5.2] dir has no encrypted key
  EXPECT_FALSE(opened(joined(parts), jwk, KeyAlg::Dir));
  // Authenticated is what was received: the same header spelled otherwise is another message.
  parts = parts_of(token);
  parts[0] = base64url::encode(as_bytes(std::string(R"({"enc":"A256GCM","alg":"dir"})")));
  EXPECT_FALSE(opened(joined(parts), jwk, KeyAlg::Dir));
}

TEST(Jwe, AnEmptyMessageIsOne) {
  const auto jwk = oct(32);
  for (const auto enc : {ContentAlg::A256Gcm, ContentAlg::A128CbcHs256}) {
    const auto plain = opened(sealed(jwk, KeyAlg::Dir, enc, ""), jwk, KeyAlg::Dir);
    ASSERT_TRUE(plain);
    EXPECT_EQ(*plain, "");
  }
}

TEST(Jwe, AKeyForSignaturesDoesNotDecrypt) {
  auto jwk = clone(rsa());
  EXPECT_TRUE(DecryptKey::of(jwk, KeyAlg::RsaOaep256));
  jwk.use = "sig";
  EXPECT_FALSE(DecryptKey::of(jwk, KeyAlg::RsaOaep256));
  jwk.use = "enc";
  EXPECT_TRUE(DecryptKey::of(jwk, KeyAlg::RsaOaep256));
  EXPECT_FALSE(verify_key(jwk, crypto::SignAlg::RS256));
  jwk.alg = "RSA-OAEP";
  EXPECT_FALSE(DecryptKey::of(jwk, KeyAlg::RsaOaep256));
}

// RFC 7516 §7.2.1
TEST(Jwe, AHeaderNameInTwoPartsIsRefused) {
  crypto::SystemEntropy entropy;
  const auto jwk = oct(32);
  const auto good = *encrypt_json({}, as_bytes("m"), {}, *EncryptKey::of(jwk, KeyAlg::A256Kw), ContentAlg::A256Gcm, entropy);
  const auto with = [&](std::string_view member) { return "{" + std::string(member) + "," + good.substr(1); };
  EXPECT_TRUE(opened(with(R"("unprotected":{"kid":"a"})"), jwk, KeyAlg::A256Kw));
  EXPECT_FALSE(opened(with(R"("unprotected":{"alg":"A256KW"})"), jwk, KeyAlg::A256Kw));
  EXPECT_FALSE(opened(with(R"("header":{"\u0061lg":"A256KW"})"), jwk, KeyAlg::A256Kw));
  EXPECT_FALSE(opened(with(R"("header":{"kid":"a"},"unprotected":{"kid":"a"})"), jwk, KeyAlg::A256Kw));
  EXPECT_FALSE(opened(with(R"("recipients":[{}])"), jwk, KeyAlg::A256Kw));
}

}  // namespace
}  // namespace jeton::jose
