#include "program/server/certificate.h"

#include "blocks/crypto/hash.h"
#include "blocks/http/form.h"
#include "program/server/certificates_suite.h"

namespace jeton::server {
namespace {

std::string text_of(const std::string& name) {
  std::ifstream file(folder()(name));
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string escaped(const std::string& name) { return http::percent_encode(text_of(name)); }
Instant now() { return Instant::from_seconds(std::time(nullptr)); }

// What a request from `peer` with these values of the field is taken to show: nothing, "none", or a thumbprint.
class Passed : public ::testing::Test {
 protected:
  std::optional<Certificate> find(std::string_view peer, const std::vector<std::string>& values, Instant at = now()) {
    std::vector<http::Field> fields;
    for (const auto& value : values) fields.push_back({"x-client-cert", value});
    http::Request request;
    request.fields = fields;
    request.origin.peer = *net::Address::parse(peer);
    return certificates_.find(request, at);
  }
  void trust() { certificates_.trust(std::make_shared<const crypto::Authorities>(*crypto::Authorities::of_pem(text_of("ca.pem")))); }
  ForwardedCertificates certificates_{"X-Client-Cert", net::PrefixSet({*net::Prefix::parse("10.0.0.0/8")})};
};

TEST_F(Passed, OnlyAProxyIsBelieved) {
  EXPECT_FALSE(find("192.0.2.1", {escaped("client.pem")}));
  const auto passed = find("10.0.0.1", {escaped("client.pem")});
  ASSERT_TRUE(passed && *passed);
  std::string thumbprint;
  for (const auto octet : (*passed)->thumbprint) {
    char hex[3];
    std::snprintf(hex, sizeof hex, "%02X", octet);
    thumbprint += hex;
  }
  EXPECT_EQ(thumbprint, folder().thumbprint("client"));
}

TEST_F(Passed, NamesCountWhereAnAuthorityVouchesForThem) {
  const auto unknown = find("10.0.0.1", {escaped("client.pem")});
  EXPECT_FALSE((*unknown)->trusted);
  EXPECT_EQ((*unknown)->subject, "");
  trust();
  const auto good = find("10.0.0.1", {escaped("client.pem")});
  EXPECT_TRUE((*good)->trusted) << "what this thread remembers of before is not believed";
  EXPECT_EQ((*good)->subject, "CN=orders,O=Example");
  EXPECT_EQ((*good)->dns, std::vector<std::string>{"orders.example.com"});
  EXPECT_EQ((*good)->addresses, std::vector<std::string>{"192.0.2.1"});
  EXPECT_FALSE((*find("10.0.0.1", {escaped("stranger.pem")}))->trusted);
  EXPECT_FALSE((*find("10.0.0.1", {escaped("client.pem")}, now() + Seconds(10 * 86400)))->trusted) << "past its date";
  EXPECT_TRUE((*find("10.0.0.1", {escaped("client.pem")}))->trusted);
}

TEST_F(Passed, WhatIsNoneIsNone) {
  trust();
  const auto good = escaped("client.pem");
  for (const auto& values :
       std::vector<std::vector<std::string>>{{},
                                             {""},
                                             {good, good},
                                             {"nonsense"},
                                             {good.substr(0, good.size() / 2)},
                                             {"%"},
                                             {good + good},
                                             {escaped("client.key")},
                                             {http::percent_encode("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")}}) {
    const auto passed = find("10.0.0.1", values);
    ASSERT_TRUE(passed) << "a proxy's own certificate is not the caller's";
    EXPECT_FALSE(*passed);
  }
}

}  // namespace
}  // namespace jeton::server
