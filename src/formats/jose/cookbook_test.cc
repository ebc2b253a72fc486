// RFC 7520 §3-6, RFC 8037 and RFC 7797, as the cookbook's files have them: every serialisation of every example.
#include <gtest/gtest.h>

#include "blocks/json/vector_files.h"
#include "blocks/json/writer.h"
#include "formats/jose/jwe.h"
#include "formats/jose/jwk.h"
#include "formats/jose/jws.h"
#include "ground/base64url.h"
#include "ground/secret_pass.h"

namespace jeton::jose {
namespace {

// A value as JSON again; the readers here take text.
void write(json::Writer& w, const json::Value& v) {
  switch (v.kind()) {
    case json::Kind::Object:
      w.object();
      for (const auto& [name, member] : *v.object()) {
        w.key(name);
        write(w, member);
      }
      w.end_object();
      return;
    case json::Kind::Array:
      w.array();
      for (const auto& one : *v.array()) write(w, one);
      w.end_array();
      return;
    case json::Kind::String: w.string(*v.string()); return;
    case json::Kind::True: w.boolean(true); return;
    case json::Kind::False: w.boolean(false); return;
    case json::Kind::Number: w.number(v.integer().value_or(0)); return;
    case json::Kind::Null: w.null(); return;
  }
}

std::string text(const json::Value& v) {
  std::string out;
  json::Writer w(out);
  write(w, v);
  return out;
}

class Cookbook : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    const auto folder = vectors::folder(JETON_SOURCE_DIR);
    if (folder.empty()) GTEST_SKIP() << "the vectors are absent";
    file_ = vectors::read(folder + "/jose-cookbook/" + GetParam());
    ASSERT_NE(file_.object(), nullptr);
  }
  const json::Value& input() const { return *file_.find("input"); }
  const json::Value* output(std::string_view form) const { return file_.find("output")->find(form); }
  json::Value file_;
};

using CookbookJws = Cookbook;

TEST_P(CookbookJws, EveryFormVerifies) {
  const auto jwk = parse_jwk(text(*input().find("key")));
  ASSERT_TRUE(jwk);
  const auto key = verify_key(*jwk, *crypto::sign_alg(*input().string_at("alg")));
  ASSERT_TRUE(key) << key.error().detail();
  const auto payload = *input().string_at("payload");
  int forms = 0;
  for (const auto* form : {"compact", "json", "json_flat"}) {
    const auto* jws = output(form);
    if (jws == nullptr) continue;
    const auto spelled = jws->string() ? std::string(*jws->string()) : text(*jws);
    const bool detached = GetParam().find("detached") != std::string::npos;
    auto read = detached        ? verify_detached(spelled, as_bytes(payload), *key)
                : jws->string() ? verify_compact(spelled, *key)
                                : verify_json(spelled, *key);
    ASSERT_TRUE(read) << form << " " << read.error().detail();
    EXPECT_EQ(as_text(*read), payload);
    ++forms;
    // One bit of it wrong, and it does not verify.
    auto broken = spelled;
    const auto at = broken.find(*file_.find("signing")->string_at("sig"));
    if (at == std::string::npos) continue;
    broken[at + 10] = broken[at + 10] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(detached        ? verify_detached(broken, as_bytes(payload), *key)
                 : jws->string() ? verify_compact(broken, *key)
                                 : verify_json(broken, *key))
        << form;
  }
  EXPECT_GT(forms, 0);
}

INSTANTIATE_TEST_SUITE_P(Rfc7520Section4, CookbookJws,
                         testing::Values("jws/4_1.rsa_v15_signature.json", "jws/4_2.rsa-pss_signature.json", "jws/4_3.ecdsa_signature.json",
                                         "jws/4_4.hmac-sha2_integrity_protection.json", "jws/4_5.signature_with_detached_content.json",
                                         "jws/4_6.protecting_specific_header_fields.json", "jws/4_7.protecting_content_only.json",
                                         "curve25519/jws.json", "rfc7797/hmac-sha2_b64_false.json"),
                         [](const auto& i) { return "Case" + std::to_string(i.index); });

TEST(Cookbook, EachOfThreeSignersVerifiesRfc7520Section4_8) {
  const auto folder = vectors::folder(JETON_SOURCE_DIR);
  if (folder.empty()) GTEST_SKIP() << "the vectors are absent";
  const auto file = vectors::read(folder + "/jose-cookbook/jws/4_8.multiple_signatures.json");
  const auto& input = *file.find("input");
  for (std::size_t i = 0; i < 3; ++i) {
    const auto jwk = parse_jwk(text((*input.find("key")->array())[i]));
    ASSERT_TRUE(jwk);
    const auto key = verify_key(*jwk, *crypto::sign_alg(*(*input.find("alg")->array())[i].string()));
    ASSERT_TRUE(key);
    EXPECT_TRUE(verify_json(text(*file.find("output")->find("json")), *key)) << i;
  }
}

// The cookbook's file for §4.2 is older than the RFC: its header does not name b64 in crit, which §6 asks for.
TEST(Cookbook, AnUnencodedPayloadIsCriticalRfc7797Section6) {
  const auto folder = vectors::folder(JETON_SOURCE_DIR);
  if (folder.empty()) GTEST_SKIP() << "the vectors are absent";
  const auto file = vectors::read(folder + "/jose-cookbook/rfc7797/4.2.hmac-sha2_b64_false.json");
  const auto key = verify_key(*parse_jwk(text(*file.find("input")->find("key"))), crypto::SignAlg::HS256);
  ASSERT_TRUE(key);
  EXPECT_FALSE(verify_json(text(*file.find("output")->find("json_flat")), *key));
  // RFC 7797 §4.2 itself.
  constexpr std::string_view kDetached =
      "eyJhbGciOiJIUzI1NiIsImI2NCI6ZmFsc2UsImNyaXQiOlsiYjY0Il19..A5dxf2s96_n5FLueVuW1Z_vh161FwXZC4YLPff6dmDY";
  EXPECT_TRUE(verify_detached(kDetached, as_bytes("$.02"), *key));
  EXPECT_FALSE(verify_detached(kDetached, as_bytes("$.03"), *key));
}

using CookbookJwe = Cookbook;

// The key of an example: its JWK, or the password as one.
Jwk key_of(const json::Value& input) {
  if (const auto* jwk = input.find("key")) return *parse_jwk(text(*jwk));
  Jwk jwk;
  jwk.pub.type = crypto::KeyType::Oct;
  jwk.priv.emplace();
  jwk.priv->k = Secret::copy_of(as_bytes(*input.string_at("pwd")));
  return jwk;
}

TEST_P(CookbookJwe, EveryFormDecrypts) {
  const auto alg = *crypto::key_alg(*input().string_at("alg"));
  const auto jwk = key_of(input());
  const auto key = DecryptKey::of(jwk, alg);
  ASSERT_TRUE(key) << key.error().detail();
  int forms = 0;
  for (const auto* form : {"compact", "json", "json_flat"}) {
    const auto* jwe = output(form);
    if (jwe == nullptr) continue;
    const auto spelled = jwe->string() ? std::string(*jwe->string()) : text(*jwe);
    const auto parsed = jwe->string() ? ParsedJwe::parse(spelled) : ParsedJwe::parse_json(spelled);
    ASSERT_TRUE(parsed) << form << " " << parsed.error().detail();
    const auto plain = parsed->decrypt(*key, *recipient_for(*parsed, jwk, alg));
    ASSERT_TRUE(plain) << form << " " << plain.error().detail();
    EXPECT_EQ(as_text(plain->read(Pass::key())), *input().string_at("plaintext"));
    ++forms;
    // One bit of the ciphertext wrong, and there is one error.
    auto broken = spelled;
    const auto at = broken.find(*file_.find("encrypting_content")->string_at("ciphertext"));
    broken[at + 7] = broken[at + 7] == 'A' ? 'B' : 'A';
    const auto again = jwe->string() ? ParsedJwe::parse(broken) : ParsedJwe::parse_json(broken);
    ASSERT_TRUE(again);
    const auto refused = again->decrypt(*key);
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error().is(Refusal::BadSignature));
  }
  EXPECT_GT(forms, 0);
}

INSTANTIATE_TEST_SUITE_P(
    Rfc7520Section5, CookbookJwe,
    testing::Values("jwe/5_2.key_encryption_using_rsa-oaep_with_aes-gcm.json",
                    "jwe/5_3.key_wrap_using_pbes2-aes-keywrap_with-aes-cbc-hmac-sha2.json",
                    "jwe/5_4.key_agreement_with_key_wrapping_using_ecdh-es_and_aes-keywrap_with_aes-gcm.json",
                    "jwe/5_5.key_agreement_using_ecdh-es_with_aes-cbc-hmac-sha2.json", "jwe/5_6.direct_encryption_using_aes-gcm.json",
                    "jwe/5_7.key_wrap_using_aes-gcm_keywrap_with_aes-cbc-hmac-sha2.json",
                    "jwe/5_8.key_wrap_using_aes-keywrap_with_aes-gcm.json", "jwe/5_10.including_additional_authentication_data.json",
                    "jwe/5_11.protecting_specific_header_fields.json", "jwe/5_12.protecting_content_only.json", "curve25519/ecdh-es.json"),
    [](const auto& i) { return "Case" + std::to_string(i.index); });

TEST(Cookbook, TheTwoReadersThatMayRfc7520Section5_13) {
  const auto folder = vectors::folder(JETON_SOURCE_DIR);
  if (folder.empty()) GTEST_SKIP() << "the vectors are absent";
  const auto file = vectors::read(folder + "/jose-cookbook/jwe/5_13.encrypting_to_multiple_recipients.json");
  const auto& input = *file.find("input");
  const auto message = text(*file.find("output")->find("json"));
  const auto parsed = ParsedJwe::parse_json(message);
  ASSERT_TRUE(parsed) << parsed.error().detail();
  ASSERT_EQ(parsed->recipients(), 3u);
  int readers = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    const auto alg = crypto::key_alg(*(*input.find("alg")->array())[i].string());
    if (!alg) continue;   // RSA1_5 does not exist here
    const auto jwk = parse_jwk(text((*input.find("key")->array())[i]));
    const auto key = DecryptKey::of(*jwk, *alg);
    ASSERT_TRUE(key);
    const auto plain = parsed->decrypt(*key, *recipient_for(*parsed, *jwk, *alg));
    ASSERT_TRUE(plain);
    EXPECT_EQ(as_text(plain->read(Pass::key())), *input.string_at("plaintext"));
    ++readers;
  }
  EXPECT_EQ(readers, 2);
}

TEST(Cookbook, Rsa1_5AndCompressionAreRefused) {
  const auto folder = vectors::folder(JETON_SOURCE_DIR);
  if (folder.empty()) GTEST_SKIP() << "the vectors are absent";
  EXPECT_FALSE(crypto::key_alg("RSA1_5"));
  const auto zipped = vectors::read(folder + "/jose-cookbook/jwe/5_9.compressed_content.json");
  EXPECT_FALSE(ParsedJwe::parse(*zipped.find("output")->string_at("compact")));
}

TEST(Cookbook, TheKeysOfRfc7520Section3AreSound) {
  const auto folder = vectors::folder(JETON_SOURCE_DIR);
  if (folder.empty()) GTEST_SKIP() << "the vectors are absent";
  int keys = 0;
  for (const auto& file : std::filesystem::directory_iterator(folder + "/jose-cookbook/jwk")) {
    const auto jwk = parse_jwk(vectors::text_of(file.path()));
    ASSERT_TRUE(jwk) << file.path();
    EXPECT_TRUE(check(*jwk)) << file.path();
    ++keys;
  }
  EXPECT_EQ(keys, 6);
}

TEST(Cookbook, SignedThenEncryptedRfc7520Section6) {
  const auto folder = vectors::folder(JETON_SOURCE_DIR);
  if (folder.empty()) GTEST_SKIP() << "the vectors are absent";
  const auto file = vectors::read(folder + "/jose-cookbook/6.nesting_signatures_and_encryption.json");
  const auto outer = parse_jwk(text(*file.find("encrypt")->find("input")->find("key")));
  const auto inner = parse_jwk(text(*file.find("sign")->find("input")->find("key")));
  ASSERT_TRUE(outer && inner);
  const auto parsed = ParsedJwe::parse(*file.find("encrypt")->find("output")->string_at("compact"));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->header().cty, "JWT");
  const auto token = parsed->decrypt(*DecryptKey::of(*outer, crypto::KeyAlg::RsaOaep));
  ASSERT_TRUE(token);
  const auto payload = verify_compact(as_text(token->read(Pass::key())), *verify_key(*inner, crypto::SignAlg::PS256));
  ASSERT_TRUE(payload);
  EXPECT_EQ(as_text(*payload), *file.find("sign")->find("input")->string_at("payload"));
}

}  // namespace
}  // namespace jeton::jose
