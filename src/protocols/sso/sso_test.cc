#include <gtest/gtest.h>

#include "blocks/crypto/random.h"
#include "formats/saml/login.h"
#include "formats/saml/names.h"
#include "protocols/sso/asking.h"

namespace jeton::protocols::sso {
namespace {

const Instant kNow = Instant::from_seconds(1'800'000'000);
constexpr std::string_view kSso = "https://id.example/saml/sso", kEntity = "https://id.example/saml/metadata";

const crypto::SignKey& ours() {
  static const auto key = *crypto::SignKey::generate(crypto::SignAlg::RS256, 2048);
  return key;
}

federation::ServiceProvider provider() {
  const std::string metadata =
      "<md:EntityDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\" entityID=\"https://app.example\">"
      "<md:SPSSODescriptor protocolSupportEnumeration=\"urn:oasis:names:tc:SAML:2.0:protocol\">"
      "<md:AssertionConsumerService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST\" Location=\"https://app.example/acs\" index=\"0\"/>"
      "<md:AssertionConsumerService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST\" Location=\"https://app.example/other\" index=\"7\"/>"
      "</md:SPSSODescriptor></md:EntityDescriptor>";
  federation::ServiceProvider sp;
  sp.metadata = metadata;
  sp.described = *saml::parse_metadata(metadata, "");
  sp.name_format = saml::kPersistent;
  sp.attributes = {{"mail", "email"}, {"uid", "name"}, {"dept", "metadata.department"}, {"none", "metadata.missing"}};
  return sp;
}

saml::AuthnRequest request() {
  saml::AuthnRequest r;
  r.id = "_q";
  r.issuer = "https://app.example";
  r.destination = kSso;
  r.issued = kNow;
  return r;
}

Result<Asking> asked(const saml::AuthnRequest& r, const federation::ServiceProvider& sp = provider(),
                     const crypto::SignKey* key = nullptr) {
  const auto inbound = *saml::parse_post(saml::Carried::Request, saml::post_value(*saml::write_authn_request(r, key)), "relay");
  return read_asking(inbound, sp, kSso, kNow);
}

Person alice() {
  crypto::SystemEntropy entropy;
  return {*PrincipalId::make(PrincipalKind::User, kNow, entropy),
          "alice",
          "alice@example.com",
          {{"department", "ops"}},
          kNow - Seconds(30),
          std::string(saml::kPasswordTransport),
          "_s",
          std::nullopt};
}

Result<saml::Login> logged_in(const Asking& asking, const Person& person) {
  crypto::SystemEntropy entropy;
  const auto text = login_response(asking, person, provider(), "pairwise", {std::string(kEntity), ours()}, entropy, kNow);
  if (!text) return std::unexpected(text.error());
  const auto keys = *xml::verify_keys(ours().public_parts());
  const auto request_id = asking.request_id.empty() ? std::nullopt : std::optional(asking.request_id);
  return saml::verify_response(
      text->response,
      {.idp = kEntity, .idp_keys = keys, .sp = "https://app.example", .acs = asking.acs, .request_id = request_id, .decryption = {}}, kNow);
}

TEST(SsoAsking, GoesToARegisteredAddressOnly) {
  EXPECT_EQ(asked(request())->acs, "https://app.example/acs");
  auto r = request();
  r.acs_index = 7;
  EXPECT_EQ(asked(r)->acs, "https://app.example/other");
  r.acs_index = 8;
  EXPECT_TRUE(asked(r).error().is(Refusal::Denied));
  r = request();
  r.acs_url = "https://app.example/other";
  EXPECT_EQ(asked(r)->acs, "https://app.example/other");
  for (const auto* url : {"https://evil.example/acs", "https://app.example/acs/", "https://app.example/acs?x", "https://APP.example/acs"}) {
    r.acs_url = url;
    EXPECT_TRUE(asked(r).error().is(Refusal::Denied)) << url;
  }
}

TEST(SsoAsking, IsForUsAndFresh) {
  auto r = request();
  r.destination = "https://else.example/sso";
  EXPECT_TRUE(asked(r).error().is(Refusal::WrongAudience));
  r = request();
  r.issued = kNow - Seconds(301);
  EXPECT_TRUE(asked(r).error().is(Refusal::Expired));
  r.issued = kNow + Seconds(61);
  EXPECT_TRUE(asked(r).error().is(Refusal::NotYetValid));
  r = request();
  r.issuer = "https://else.example";
  EXPECT_TRUE(asked(r).error().is(Refusal::WrongIssuer));
  r = request();
  r.name_format = "urn:oasis:names:tc:SAML:2.0:nameid-format:kerberos";
  EXPECT_TRUE(asked(r).error().is(Refusal::Invalid));
}

TEST(SsoSigning, IsEcdsaWhereThatIsAnnouncedOrSaid) {
  auto sp = provider();
  EXPECT_EQ(sp.signs(), federation::kRsa) << "who says nothing";
  sp.described.sp->verifies = {crypto::SignAlg::RS256, crypto::SignAlg::ES384};
  EXPECT_EQ(sp.signs(), federation::kRsa) << "not by a key that we have";
  sp.described.sp->verifies.push_back(crypto::SignAlg::ES256);
  EXPECT_EQ(sp.signs(), federation::kEcdsa);
  sp.sign_with = federation::kRsa;
  EXPECT_EQ(sp.signs(), federation::kRsa) << "said by hand";
  sp.described.sp->verifies.clear();
  sp.sign_with = federation::kEcdsa;
  EXPECT_EQ(sp.signs(), federation::kEcdsa);
  EXPECT_EQ(federation::signature_of("ES256"), std::nullopt);
  for (const auto alg : {federation::kRsa, federation::kEcdsa}) EXPECT_EQ(federation::signature_of(federation::signature_word(alg)), alg);
}

TEST(SsoAsking, NeedsTheSignatureThatTheMetadataPromises) {
  const auto theirs = *crypto::SignKey::generate(crypto::SignAlg::ES256), other = *crypto::SignKey::generate(crypto::SignAlg::ES256);
  auto sp = provider();
  sp.described.sp->signs_requests = true;
  sp.described.sp->signing_keys = {theirs.public_parts()};
  EXPECT_TRUE(asked(request(), sp, &theirs));
  EXPECT_TRUE(asked(request(), sp).error().is(Refusal::Denied));
  EXPECT_TRUE(asked(request(), sp, &other).error().is(Refusal::BadSignature));
  sp.described.sp->signs_requests = false;
  EXPECT_TRUE(asked(request(), sp));
  EXPECT_FALSE(asked(request(), sp, &other)) << "a signature that is there is good";
}

TEST(SsoAsking, TravelsAsText) {
  auto r = request();
  r.force = true;
  r.context_classes = {"urn:x"};
  const auto there = *asked(r);
  const auto back = asking_of(to_text(there));
  ASSERT_TRUE(back);
  EXPECT_EQ(to_text(*back), to_text(there));
  EXPECT_TRUE(back->force && back->relay_state == "relay" && back->contexts == r.context_classes && back->at == kNow);
}

TEST(SsoAnswer, IsALogin) {
  const auto login = logged_in(*asked(request()), alice());
  ASSERT_TRUE(login) << login.error().detail();
  EXPECT_EQ(login->subject.value, "pairwise");
  EXPECT_EQ(login->subject.sp_name_qualifier, "https://app.example");
  ASSERT_EQ(login->attributes.size(), 3u);
  EXPECT_EQ(login->attributes[2].values, std::vector<std::string>{"ops"});
  EXPECT_TRUE(logged_in(unasked(provider(), "", kNow), alice()));
}

TEST(SsoAnswer, NamesAsAsked) {
  auto r = request();
  r.name_format = saml::kEmail;
  EXPECT_EQ(logged_in(*asked(r), alice())->subject.value, "alice@example.com");
  auto nameless = alice();
  nameless.email.clear();
  EXPECT_TRUE(logged_in(*asked(r), nameless).error().is(Refusal::Invalid));
  r.name_format = saml::kTransient;
  EXPECT_NE(logged_in(*asked(r), alice())->subject.value, logged_in(*asked(r), alice())->subject.value);
}

TEST(SsoAnswer, SaysHowThePersonLoggedIn) {
  auto r = request();
  EXPECT_EQ(context_for(*asked(r), "pwd"), saml::kPasswordTransport);
  r.context_classes = {"https://refeds.org/profile/mfa"};
  EXPECT_FALSE(context_for(*asked(r), "pwd"));
  EXPECT_EQ(context_for(*asked(r), "pwd otp"), r.context_classes[0]);
}

// [SAMLCore §3.3.2.2.1] Comparison
TEST(SsoAnswer, HowItIsComparedIsHeeded) {
  using enum saml::Comparison;
  const std::string any = "urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified", password(saml::kPasswordTransport),
                    mfa = "https://refeds.org/profile/mfa", other = "urn:x", none = "none";
  struct Row {
    saml::Comparison how;
    std::vector<std::string> wanted;
    std::string one, two;   // what is said of a login by one factor, by two
  };
  const Row rows[] = {{Exact, {password}, password, password},
                      {Exact, {mfa}, none, mfa},
                      {Exact, {other}, none, none},
                      {Minimum, {password}, password, mfa},
                      {Minimum, {mfa}, none, mfa},
                      {Minimum, {other}, none, none},
                      {Minimum, {mfa, any}, password, mfa},
                      {Better, {any}, password, mfa},
                      {Better, {password}, none, mfa},
                      {Better, {mfa}, none, none},
                      {Better, {any, other}, none, none},
                      {Better, {any, password}, none, mfa},
                      {Maximum, {password}, password, password},
                      {Maximum, {mfa}, password, mfa},
                      {Maximum, {other}, none, none}};
  for (const auto& row : rows) {
    auto r = request();
    r.context_classes = row.wanted;
    r.comparison = row.how;
    // On the way through the login, too.
    const auto asking = *asking_of(to_text(*asked(r)));
    EXPECT_EQ(context_for(asking, "pwd").value_or(none), row.one) << static_cast<int>(row.how) << row.wanted[0];
    EXPECT_EQ(context_for(asking, "pwd otp").value_or(none), row.two) << static_cast<int>(row.how) << row.wanted[0];
  }
}

TEST(SsoAnswer, ARefusalIsNoLogin) {
  crypto::SystemEntropy entropy;
  const auto text = refusal_response(*asked(request()), saml::kNoPassive, {std::string(kEntity), ours()}, entropy, kNow);
  ASSERT_TRUE(text);
  const auto keys = *xml::verify_keys(ours().public_parts());
  const auto login = saml::verify_response(*text,
                                           {.idp = kEntity,
                                            .idp_keys = keys,
                                            .sp = "https://app.example",
                                            .acs = "https://app.example/acs",
                                            .request_id = "_q",
                                            .decryption = {}},
                                           kNow);
  ASSERT_FALSE(login);
  EXPECT_TRUE(login.error().is(Refusal::Denied));
}

}  // namespace
}  // namespace jeton::protocols::sso
