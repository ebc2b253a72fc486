#include "program/server/tls.h"

#include "program/server/certificates_suite.h"
#include "program/server/served_suite.h"

namespace jeton::server {
namespace {

Options over_tls(const TlsFiles& files) {
  Options options;
  options.tcp = {{*net::Address::parse("127.0.0.1"), 0, Speaks::Tls}};
  options.tls = files;
  return options;
}

class Tls13 : public Served {
 protected:
  explicit Tls13(Options options = over_tls(folder().files("server"))) : Served(std::move(options)) {}
  Ran curl(const std::string& more, const std::string& path = "/a", const std::string& ca = "ca.pem") const {
    return run("curl -sS -m 20 --noproxy '*' --cacert " + folder()(ca) + " " + more + " https://localhost:" + std::to_string(port_) + path);
  }
};

TEST_F(Tls13, IsServedLikePlain) {
  const auto again = " https://localhost:" + std::to_string(port_);
  EXPECT_EQ(curl(again + "/b" + again + "/slow").out, "GET /b GET /slow GET /a ");
  EXPECT_EQ(curl("", "/origin").out, "127.0.0.1 secure");
  EXPECT_EQ(curl("--tls-max 1.2").out, "GET /a ");
  EXPECT_EQ(curl("-o /dev/null -w '%{size_download}'", "/big").out, std::to_string(kBig));
  EXPECT_EQ(curl("-d @" + folder()("ca.pem")).out.substr(0, 8), "POST /a ");
}

TEST_F(Tls13, WhatIsOldOrUnknownIsNot) {
  EXPECT_EQ(curl("", "/a", "other.pem").status, 60) << "the caller does not know the authority";
  EXPECT_NE(curl("--tls-max 1.1 --ciphers DEFAULT@SECLEVEL=0").status, 0);
  const auto client = "openssl s_client -connect 127.0.0.1:" + std::to_string(port_) + " </dev/null ";
  EXPECT_NE(run(client + "-alpn http/1.1").out.find("ALPN protocol: http/1.1"), std::string::npos);
  EXPECT_NE(run(client + "-alpn h2").status, 0);
}

TEST_F(Tls13, PlainHttpIsToldSo) {
  Dialled caller(port_);
  caller.say(get("/a"));
  EXPECT_NE(caller.hear().value_or("").find("this port speaks TLS"), std::string::npos);
  EXPECT_EQ(caller.hear(), std::nullopt);
  EXPECT_EQ(curl("").out, "GET /a ");
}

TEST_F(Tls13, WhatIsNoTlsAtAllEndsTheConnection) {
  Dialled caller(port_);
  caller.say(std::string("\x16\x03\x01\x00\x05hello, and more that is no handshake", 40));
  EXPECT_EQ(caller.hear(), std::nullopt);
}

TEST_F(Tls13, NewFilesAreServedAndBadOnesAreNot) {
  folder().put("server", "changing");
  Server server(over_tls(folder().files("changing")), echo_, [] { return Instant(); });
  const auto ports = server.listen();
  ASSERT_TRUE(ports);
  ASSERT_TRUE(server.start());
  const auto named = [&] {
    return run("openssl s_client -connect 127.0.0.1:" + std::to_string((*ports)[0]) + " </dev/null | openssl x509 -noout -subject").out;
  };
  EXPECT_NE(named().find("CN = server"), std::string::npos);
  folder().put("second", "changing");
  EXPECT_TRUE(server.reload_tls());
  EXPECT_NE(named().find("CN = second"), std::string::npos);
  std::filesystem::copy_file(folder()("server.key"), folder()("changing.key"), std::filesystem::copy_options::overwrite_existing);
  EXPECT_TRUE(server.reload_tls().error().is(Fault::Config)) << "a key that is not the certificate's";
  std::ofstream(folder()("changing.pem")) << "nonsense";
  EXPECT_TRUE(server.reload_tls().error().is(Fault::Config));
  EXPECT_NE(named().find("CN = second"), std::string::npos) << "what was good stays";
  server.stop();
}

TEST(TlsFiles, AKeyThatOthersMayReadIsRefused) {
  folder().put("server", "open");
  EXPECT_TRUE(Tls::load(folder().files("open")));
  ::chmod(folder()("open.key").c_str(), 0644);
  EXPECT_TRUE(Tls::load(folder().files("open")).error().is(Fault::Config));
  EXPECT_TRUE(Tls::load(folder().files("nowhere")).error().is(Fault::Config));
  EXPECT_TRUE(Tls::load(folder().files("server", folder()("server.key"))).error().is(Fault::Config)) << "no authorities";
  run("openssl ec -aes256 -passout pass:x -in " + folder()("server.key") + " -out " + folder()("locked.key"));
  ::chmod(folder()("locked.key").c_str(), 0600);
  EXPECT_TRUE(Tls::load({folder()("server.pem"), folder()("locked.key"), {}}).error().is(Fault::Config))
      << "nobody is asked for its password";
}

class Tls13Slow : public Tls13 {
 protected:
  Tls13Slow() : Tls13(slow()) {}
  static Options slow() {
    auto options = over_tls(folder().files("server"));
    options.head_timeout = Millis(300);
    return options;
  }
};

TEST_F(Tls13Slow, AHandshakeThatDoesNotComeIsNotWaitedFor) {
  Dialled silent(port_), halting(port_);
  halting.say(std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11));
  EXPECT_EQ(silent.hear(), std::nullopt);
  EXPECT_EQ(halting.hear(), std::nullopt);
  EXPECT_EQ(curl("").out, "GET /a ");
}

class Tls13Mutual : public Tls13 {
 protected:
  explicit Tls13Mutual(const std::string& ca = folder()("ca.pem")) : Tls13(over_tls(folder().files("server", ca))) {}
  std::string shown(const std::string& name, const std::string& more = {}) const {
    return curl("--cert " + folder()(name + ".pem") + " --key " + folder()(name + ".key") + " " + more, "/origin").out;
  }
};

TEST_F(Tls13Mutual, TheCallersCertificateIsTold) {
  const auto good = "127.0.0.1 secure trusted " + folder().thumbprint("client") +
                    " CN=orders,O=Example orders.example.com spiffe://example.com/orders a@example.com 192.0.2.1";
  EXPECT_EQ(shown("client"), good);
  EXPECT_EQ(shown("client", "--tls-max 1.2"), good);
  EXPECT_EQ(curl("", "/origin").out, "127.0.0.1 secure") << "asked for, not demanded";
}

TEST_F(Tls13Mutual, OfAnUnknownAuthorityOnlyTheThumbprintIsTold) {
  EXPECT_EQ(shown("stranger"), "127.0.0.1 secure unknown " + folder().thumbprint("stranger") + " ");
  EXPECT_EQ(shown("server"), "127.0.0.1 secure trusted " + folder().thumbprint("server") + " CN=server localhost 127.0.0.1");
  EXPECT_EQ(shown("other"), "127.0.0.1 secure unknown " + folder().thumbprint("other") + " ") << "self-signed";
}

class Tls13Anybody : public Tls13Mutual {
 protected:
  Tls13Anybody() : Tls13Mutual(std::string(kAnyAuthority)) {}
};

TEST_F(Tls13Anybody, NoChainIsBelieved) { EXPECT_EQ(shown("client"), "127.0.0.1 secure unknown " + folder().thumbprint("client") + " "); }

}  // namespace
}  // namespace jeton::server
