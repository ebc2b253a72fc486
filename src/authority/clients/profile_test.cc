#include "authority/clients/profile.h"

#include <gtest/gtest.h>

namespace jeton::clients {
namespace {

constexpr std::string_view kJwks =
    R"({"keys":[{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","kid":"a"}]})";

Status applied(std::string_view json, Profile& p) { return apply(*json::parse(json), p); }
bool good(std::string_view json) {
  Profile p;
  return applied(json, p).has_value();
}
std::string with_keys(std::string_view members) { return "{\"jwks\":" + std::string(kJwks) + "," + std::string(members) + "}"; }

TEST(Profile, WhatIsWrittenIsReadAgain) {
  Profile p;
  ASSERT_TRUE(applied(
      with_keys(
          R"("token_endpoint_auth_method":"self_signed_tls_client_auth","userinfo_signed_response_alg":"ES256","introspection_signed_response_alg":"RS256",)"
          R"("request_object_signing_alg":"ES256","require_signed_request_object":true,"tls_client_certificate_bound_access_tokens":true,)"
          R"("backchannel_logout_uri":"https://app.example.com/bye","backchannel_logout_session_required":true)"),
      p));
  p.document = "https://app.example.com/client.json";
  ledger::Client client;
  client.profile = write(p);
  const auto again = read_profile(client);
  ASSERT_TRUE(again);
  EXPECT_EQ(*again, p);
  EXPECT_EQ(known_id(client, p), p.document);
}

TEST(Profile, AddressesAreOfTheWebOrOfThisMachine) {
  for (const auto member : {"jwks_uri", "backchannel_logout_uri", "client_uri"}) {
    const auto is_good = [&](std::string_view url) { return good("{\"" + std::string(member) + "\":\"" + std::string(url) + "\"}"); };
    for (const auto fine : {"https://app.example.com/x", "http://127.0.0.1:8080/x", "http://[::1]/x", "http://127.0.0.1"})
      EXPECT_TRUE(is_good(fine)) << member << " " << fine;
    for (const auto wrong : {"http://127.0.0.1.evil.example.com/x", "http://127.0.0.1@evil.example.com/x", "http://127.0.0.10/x",
                             "http://[::1].evil.example.com/x", "http://app.example.com/x", "javascript:alert(1)",
                             "https://a@evil.example.com/x", "https://", "ftp://app.example.com"})
      EXPECT_FALSE(is_good(wrong)) << member << " " << wrong;
  }
}

TEST(Profile, WhoIsHeldToFapiIsRegisteredForIt) {
  Profile p;
  EXPECT_TRUE(good_fapi(p)) << "nobody else is";
  p.fapi = true;
  p.auth = AuthMethod::PrivateKeyJwt;
  p.jwks = kJwks;
  p.dpop = p.pushed = true;
  p.id_token_alg = "ES256";
  EXPECT_TRUE(good_fapi(p));
  const auto without = [&](auto&& edit) {
    auto less = p;
    edit(less);
    return good_fapi(less).has_value();
  };
  EXPECT_FALSE(without([](Profile& l) { l.auth = AuthMethod::Basic; }));
  EXPECT_FALSE(without([](Profile& l) { l.dpop = false; }));
  EXPECT_TRUE(without([](Profile& l) { l.dpop = false, l.tls_bound = true; }));
  EXPECT_FALSE(without([](Profile& l) { l.pushed = false; }));
  EXPECT_FALSE(without([](Profile& l) { l.nonce_for_pkce = true; }));
  for (const auto member : {&Profile::id_token_alg, &Profile::userinfo_alg, &Profile::introspection_alg, &Profile::request_alg})
    EXPECT_FALSE(without([&](Profile& l) { l.*member = "RS256"; }));
  ledger::Client client;
  client.profile = write(p);
  EXPECT_EQ(*read_profile(client), p);
}

// The document is what the server found, not what an application says.
TEST(Profile, NobodyRegistersWhatIsOursToSay) {
  Profile p;
  ASSERT_TRUE(applied(
      R"({"client_id_document":"https://evil.example.com/","first_party":true,"registration_hash":"00","nonce_for_pkce":true,"fapi2":true})",
      p));
  EXPECT_EQ(p, Profile());
}

TEST(Profile, MethodsThatNeedSomethingSayWhat) {
  EXPECT_TRUE(good(with_keys(R"("token_endpoint_auth_method":"private_key_jwt")")));
  EXPECT_FALSE(good(R"({"token_endpoint_auth_method":"private_key_jwt"})"));
  EXPECT_FALSE(good(R"({"token_endpoint_auth_method":"self_signed_tls_client_auth"})"));
  EXPECT_FALSE(good(R"({"require_signed_request_object":true})"));
  EXPECT_TRUE(good(R"({"token_endpoint_auth_method":"tls_client_auth","tls_client_auth_san_dns":"app.example.com"})"));
  EXPECT_FALSE(good(R"({"token_endpoint_auth_method":"tls_client_auth"})"));
  EXPECT_FALSE(
      good(R"({"token_endpoint_auth_method":"tls_client_auth","tls_client_auth_san_dns":"a","tls_client_auth_subject_dn":"CN=a"})"));
}

TEST(Profile, AlgorithmsAreOfPublicKeys) {
  for (const auto alg : {"none", "HS256", "RS1", "es256", "ES256K1"}) {
    EXPECT_FALSE(good("{\"userinfo_signed_response_alg\":\"" + std::string(alg) + "\"}")) << alg;
    EXPECT_FALSE(good("{\"introspection_signed_response_alg\":\"" + std::string(alg) + "\"}")) << alg;
    EXPECT_FALSE(good("{\"request_object_signing_alg\":\"" + std::string(alg) + "\"}")) << alg;
  }
  EXPECT_TRUE(good(R"({"userinfo_signed_response_alg":"ES256","request_object_signing_alg":"PS256"})"));
}

}  // namespace
}  // namespace jeton::clients
