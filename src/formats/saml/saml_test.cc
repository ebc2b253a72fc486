#include <gtest/gtest.h>

#include "blocks/crypto/random.h"
#include "blocks/deflate/deflate.h"
#include "blocks/http/form.h"
#include "blocks/xml/base64.h"
#include "blocks/xml/canonical.h"
#include "blocks/xml/signature.h"
#include "formats/saml/binding.h"
#include "formats/saml/issue.h"
#include "formats/saml/login.h"
#include "formats/saml/logout.h"
#include "formats/saml/names.h"
#include "formats/saml/request.h"

namespace jeton::saml {
namespace {

constexpr std::string_view kIdp = "https://idp.example", kSp = "https://app.example", kAcs = "https://app.example/acs";
const Instant kNow = Instant::from_seconds(1'800'000'000);

const crypto::SignKey& rsa() {
  static const auto key = *crypto::SignKey::generate(crypto::SignAlg::RS256, 2048);
  return key;
}
const crypto::SignKey& ec() {
  static const auto key = *crypto::SignKey::generate(crypto::SignAlg::ES256);
  return key;
}

AssertionDraft draft() {
  AssertionDraft d;
  d.id = "_a";
  d.issuer = kIdp;
  d.audience = kSp;
  d.recipient = kAcs;
  d.in_response_to = "_q";
  d.subject = {"alice <&> \"bob\"", std::string(kPersistent), "", ""};
  d.issued = d.authenticated = kNow;
  d.not_before = kNow - Seconds(5);
  d.not_on_or_after = kNow + Seconds(60);
  d.session_index = "_s";
  d.attributes = {{"mail", std::string(kBasicName), "", {"a@example.com", "b\r\n\t]]>"}}, {"empty", "", "", {}}};
  return d;
}

ResponseDraft around() { return {"_r", std::string(kIdp), std::string(kAcs), "_q", kNow, std::string(kSuccess), "", ""}; }

Result<Login> held(std::string_view message, const crypto::SignKey& key, std::span<const crypto::UnwrapKey> decryption = {}) {
  const auto keys = xml::verify_keys(key.public_parts());
  return verify_response(message, {.idp = kIdp, .idp_keys = *keys, .sp = kSp, .acs = kAcs, .request_id = "_q", .decryption = decryption},
                         kNow);
}

std::string canonical_of(std::string_view text) {
  const auto document = xml::Document::parse(text);
  return document ? *xml::canonical(document->root(), {}, std::nullopt) : "not XML";
}

TEST(SamlIssue, IsCanonicalFromTheFirstOctet) {
  const auto assertion = *write_assertion(draft(), &rsa());
  EXPECT_EQ(canonical_of(assertion), assertion);
  crypto::SystemEntropy entropy;
  const auto encrypted = *encrypt_assertion(assertion, rsa().public_parts(), entropy);
  EXPECT_EQ(canonical_of(encrypted), encrypted);
  for (const auto& content : {assertion, encrypted, std::string()}) {
    const auto response = *write_response(around(), content, &ec());
    EXPECT_EQ(canonical_of(response), response);
  }
}

TEST(SamlIssue, IsReadBack) {
  for (const auto* key : {&rsa(), &ec()}) {
    for (const int which : {1, 2, 3}) {
      const auto assertion = *write_assertion(draft(), (which & 1) != 0 ? key : nullptr);
      const auto login = held(*write_response(around(), assertion, (which & 2) != 0 ? key : nullptr), *key);
      ASSERT_TRUE(login) << login.error().detail();
      EXPECT_EQ(login->subject, draft().subject);
      ASSERT_EQ(login->attributes.size(), 2u);
      EXPECT_EQ(login->attributes[0].values, draft().attributes[0].values);
      EXPECT_EQ(login->replay_until, kNow + Seconds(60));
    }
  }
}

TEST(SamlIssue, UnsignedIsRefused) {
  const auto login = held(*write_response(around(), *write_assertion(draft(), nullptr), nullptr), rsa());
  ASSERT_FALSE(login);
  EXPECT_TRUE(login.error().is(Refusal::Denied));
}

TEST(SamlIssue, RefusesWhatXmlCannotCarry) {
  for (const std::string_view value :
       {std::string_view("a\0b", 3), std::string_view("\x1b"), std::string_view("\xff"), std::string_view("\xef\xbf\xbf")}) {
    auto d = draft();
    d.subject.value = value;
    EXPECT_FALSE(write_assertion(d, nullptr));
  }
}

// Whatever octet of a signed message is changed: it is refused, or says the same.
TEST(SamlLogin, NoOctetCanBeChanged) {
  const auto message = *write_response(around(), *write_assertion(draft(), &ec()), nullptr);
  const auto good = held(message, ec());
  ASSERT_TRUE(good);
  const auto begin = message.find("<saml:Assertion");
  for (std::size_t i = begin; i < message.find("</samlp:Response>"); i += 3) {
    auto changed = message;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    const auto login = held(changed, ec());
    if (!login) continue;
    EXPECT_EQ(login->subject, good->subject) << i;
    EXPECT_EQ(login->attributes[0].values, good->attributes[0].values) << i;
  }
}

TEST(SamlLogin, OpensWhatWasEncrypted) {
  crypto::SystemEntropy entropy;
  const auto keys = std::vector{*crypto::UnwrapKey::from_parts(rsa().public_parts(), rsa().private_parts())};
  const auto content = *encrypt_assertion(*write_assertion(draft(), &ec()), rsa().public_parts(), entropy);
  const auto message = *write_response(around(), content, nullptr);
  const auto login = held(message, ec(), keys);
  ASSERT_TRUE(login) << login.error().detail();
  EXPECT_TRUE(login->encrypted);
  EXPECT_FALSE(held(message, ec()));
  const auto unsigned_inside = *encrypt_assertion(*write_assertion(draft(), nullptr), rsa().public_parts(), entropy);
  EXPECT_FALSE(held(*write_response(around(), unsigned_inside, nullptr), ec(), keys)) << "decryption is not authentication";
  EXPECT_TRUE(held(*write_response(around(), unsigned_inside, &ec()), ec(), keys));
}

TEST(SamlAssertion, StandsAlone) {
  const auto keys = *xml::verify_keys(ec().public_parts());
  auto d = draft();
  d.in_response_to.reset();
  const Expected expected{.idp = kIdp, .idp_keys = keys, .sp = kSp, .acs = kAcs, .request_id = {}, .decryption = {}};
  EXPECT_TRUE(verify_assertion(*write_assertion(d, &ec()), expected, kNow));
  EXPECT_FALSE(verify_assertion(*write_assertion(d, nullptr), expected, kNow));
  EXPECT_FALSE(verify_assertion(*write_response(around(), *write_assertion(d, &ec()), nullptr), expected, kNow));
}

AuthnRequest request() {
  AuthnRequest r;
  r.id = "_q";
  r.issuer = kSp;
  r.destination = "https://idp.example/sso";
  r.issued = kNow;
  r.acs_url = kAcs;
  r.binding = kHttpPost;
  r.force = true;
  r.name_format = kTransient;
  r.allow_create = true;
  r.context_classes = {std::string(kPasswordTransport)};
  return r;
}

TEST(SamlRequest, IsReadBackThroughBothBindings) {
  const auto keys = *xml::verify_keys(rsa().public_parts());
  const auto url =
      *redirect_url("https://idp.example/sso?x=1", Carried::Request, *write_authn_request(request(), nullptr), "state &=", &rsa());
  ASSERT_TRUE(url.starts_with("https://idp.example/sso?x=1&SAMLRequest="));
  const auto redirected = parse_redirect(url.substr(url.find('?') + 1));
  ASSERT_TRUE(redirected) << redirected.error().detail();
  EXPECT_EQ(redirected->relay_state, "state &=");
  EXPECT_EQ(*redirected->claimed_issuer(), kSp);
  const auto message = *write_authn_request(request(), &rsa());
  EXPECT_EQ(canonical_of(message), message);
  const auto posted = parse_post(Carried::Request, post_value(message), "");
  ASSERT_TRUE(posted);
  for (const auto* inbound : {&*redirected, &*posted}) {
    const auto proven = prove(*inbound, keys, Need::Signature);
    ASSERT_TRUE(proven) << proven.error().detail();
    const auto read = read_authn_request(proven->root());
    ASSERT_TRUE(read) << read.error().detail();
    EXPECT_EQ(read->acs_url, kAcs);
    EXPECT_TRUE(read->force && read->allow_create && !read->passive);
    EXPECT_EQ(read->context_classes, request().context_classes);
    EXPECT_EQ(read->name_format, kTransient);
  }
}

TEST(SamlRedirect, SignatureIsOverTheOctetsThatWereSent) {
  const auto keys = *xml::verify_keys(rsa().public_parts());
  const auto url = *redirect_url("https://idp.example/sso", Carried::Request, *write_authn_request(request(), nullptr), "a", &rsa());
  const auto query = url.substr(url.find('?') + 1);
  const auto proven = [&](const std::string& text) {
    const auto inbound = parse_redirect(text);
    return inbound && prove(*inbound, keys, Need::Signature);
  };
  EXPECT_TRUE(proven(query));
  auto other = query;
  other.replace(other.find("RelayState=a"), 12, "RelayState=b");
  EXPECT_FALSE(proven(other));
  other = query;
  other.replace(other.find("RelayState=a"), 12, "RelayState=%61");
  EXPECT_FALSE(proven(other)) << "another spelling is not what was signed";
  other = query;
  other.erase(other.find("&RelayState=a"), 13);
  EXPECT_FALSE(proven(other));
  EXPECT_FALSE(proven(query + "&RelayState=a"));
  EXPECT_FALSE(proven(query.substr(0, query.find("&SigAlg"))));
  EXPECT_FALSE(proven(query.substr(0, query.find("&Signature"))));
}

std::vector<crypto::VerifyKey> of_both() {
  auto keys = *xml::verify_keys(rsa().public_parts());
  const auto more = *xml::verify_keys(ec().public_parts());
  keys.insert(keys.end(), more.begin(), more.end());
  return keys;
}

// An algorithm belongs to a key: what a message says of it is held against that, and chooses nothing.
TEST(SamlRedirect, TheAlgorithmIsTheKeys) {
  const auto keys = of_both();
  const auto message = http::percent_encode(base64::encode(*deflate::pack(as_bytes(*write_authn_request(request(), nullptr)))));
  const auto query = [&](const crypto::SignKey& key, crypto::SignAlg said) {
    const auto octets = "SAMLRequest=" + message + "&SigAlg=" + http::percent_encode(xml::signature_uri(said));
    Bytes signature(key.signature_size());
    EXPECT_TRUE(key.sign(as_bytes(octets), signature));
    return octets + "&Signature=" + http::percent_encode(base64::encode(signature));
  };
  const auto proven = [&](const std::string& text, std::span<const crypto::VerifyKey> by) {
    const auto inbound = parse_redirect(text);
    return inbound && prove(*inbound, by, Need::Signature);
  };
  using crypto::SignAlg;
  EXPECT_TRUE(proven(query(rsa(), SignAlg::RS256), keys));
  EXPECT_TRUE(proven(query(ec(), SignAlg::ES256), keys));
  EXPECT_FALSE(proven(query(rsa(), SignAlg::ES256), keys));
  EXPECT_FALSE(proven(query(ec(), SignAlg::RS256), keys));
  EXPECT_FALSE(proven(query(ec(), SignAlg::ES384), keys));
  EXPECT_FALSE(proven(query(rsa(), SignAlg::RS512), keys));
  EXPECT_FALSE(proven(query(ec(), SignAlg::ES256), *xml::verify_keys(rsa().public_parts()))) << "the key is not known";
}

// The same where the signature is inside: SignedInfo as a key of another kind signs it.
TEST(SamlLogin, TheAlgorithmIsTheKeys) {
  const auto keys = of_both();
  const auto signed_by = [&](const crypto::SignKey& key, std::string_view said) {
    auto text = *write_assertion(draft(), &ec());
    const auto begin = text.find("<ds:SignedInfo>"), end = text.find("<ds:SignatureValue>"), close = text.find("</ds:SignatureValue>");
    auto info = text.substr(begin, end - begin);
    info.replace(info.find(xml::signature_uri(crypto::SignAlg::ES256)), xml::signature_uri(crypto::SignAlg::ES256).size(), said);
    auto canonical = info;
    canonical.insert(std::string_view("<ds:SignedInfo").size(), " xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"");
    Bytes signature(key.signature_size());
    EXPECT_TRUE(key.sign(as_bytes(canonical), signature));
    return text.substr(0, begin) + info + "<ds:SignatureValue>" + base64::encode(signature) + text.substr(close);
  };
  const auto good = [&](const std::string& assertion) {
    return verify_response(*write_response(around(), assertion, nullptr),
                           {.idp = kIdp, .idp_keys = keys, .sp = kSp, .acs = kAcs, .request_id = "_q", .decryption = {}}, kNow)
        .has_value();
  };
  const auto uri = [](crypto::SignAlg alg) { return xml::signature_uri(alg); };
  EXPECT_TRUE(good(signed_by(ec(), uri(crypto::SignAlg::ES256))));
  EXPECT_TRUE(good(signed_by(rsa(), uri(crypto::SignAlg::RS256))));
  EXPECT_FALSE(good(signed_by(ec(), uri(crypto::SignAlg::RS256))));
  EXPECT_FALSE(good(signed_by(rsa(), uri(crypto::SignAlg::ES256))));
  EXPECT_FALSE(good(signed_by(ec(), uri(crypto::SignAlg::ES384))));
  EXPECT_FALSE(good(signed_by(ec(), "http://www.w3.org/2000/09/xmldsig#hmac-sha1")));
  EXPECT_FALSE(good(signed_by(ec(), "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256")));
}

TEST(SamlRedirect, BombsAreCutOff) {
  const auto bomb = *deflate::pack(Bytes(64 << 20, ' '));
  ASSERT_LT(bomb.size(), 100'000u);
  EXPECT_TRUE(deflate::expand(bomb, 1000).error().is(Refusal::TooLarge));
  const auto small = *deflate::pack(Bytes(2 << 20, ' '));
  const auto refused = parse_redirect("SAMLRequest=" + http::percent_encode(base64::encode(small)));
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().is(Refusal::TooLarge));
  EXPECT_EQ(deflate::expand(*deflate::pack(as_bytes("abc")), 3)->size(), 3u);
  auto trailing = *deflate::pack(as_bytes("abc"));
  trailing.push_back(0);
  EXPECT_FALSE(deflate::expand(trailing, 100));
}

TEST(SamlLogout, IsReadBack) {
  LogoutRequest r{"_l",        std::string(kIdp),  "https://app.example/slo",
                  kNow,        kNow + Seconds(60), {"alice", std::string(kPersistent), "", ""},
                  {"_s", "_t"}};
  const auto keys = *xml::verify_keys(ec().public_parts());
  const auto message = *write_logout_request(r, &ec());
  EXPECT_EQ(canonical_of(message), message);
  const auto inbound = *parse_post(Carried::Request, post_value(message), "");
  const auto read = read_logout_request(prove(inbound, keys, Need::Signature)->root());
  ASSERT_TRUE(read);
  EXPECT_EQ(read->subject, r.subject);
  EXPECT_EQ(read->session_indexes, r.session_indexes);
  const auto unsigned_one = *parse_post(Carried::Request, post_value(*write_logout_request(r, nullptr)), "");
  EXPECT_FALSE(prove(unsigned_one, keys, Need::Signature));
  const LogoutResponse answer{"_m", std::string(kSp), "https://idp.example/slo", "_l", kNow, std::string(kSuccess), ""};
  const auto answered = *parse_post(Carried::Response, post_value(*write_logout_response(answer, &ec())), "");
  EXPECT_EQ(read_logout_response(prove(answered, keys, Need::Signature)->root())->in_response_to, "_l");
}

}  // namespace
}  // namespace jeton::saml
