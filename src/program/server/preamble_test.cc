#include "program/server/served_suite.h"

namespace jeton::server {
namespace {

using namespace std::string_literals;

Options preamble_of(const char* prefix) {
  Options options;
  options.preamble_from = net::PrefixSet({*net::Prefix::parse(prefix)});
  options.head_timeout = Millis(1500);
  return options;
}

class Preamble : public Served {
 protected:
  Preamble() : Served(preamble_of("127.0.0.1/32")) {}
};

constexpr const char* kLine = "PROXY TCP4 192.0.2.7 198.51.100.2 56324 443\r\n";

TEST_F(Preamble, NamesTheCallerOfAllThatFollows) {
  Dialled caller(port_);
  caller.say(kLine + get("/origin") + get("/origin"));
  EXPECT_EQ(caller.hear(), "192.0.2.7 plain");
  EXPECT_EQ(caller.hear(), "192.0.2.7 plain");
  // A second one is no request.
  caller.say(kLine + get("/origin"));
  EXPECT_NE(caller.hear().value_or("").find("\"status\":505"), std::string::npos);
}

TEST_F(Preamble, MayComeInDropsAndInBothVersions) {
  Dialled drops(port_), two(port_), itself(port_);
  for (const char octet : kLine + get("/origin")) drops.say({&octet, 1});
  EXPECT_EQ(drops.hear(), "192.0.2.7 plain");
  const auto signature = "\r\n\r\n\0\r\nQUIT\n"s;
  two.say(signature + "\x21\x21\x00\x24"s + "\x20\x01\x0d\xb8"s + std::string(11, '\0') + "\x01" + std::string(20, '\x09') +
          get("/origin"));
  EXPECT_EQ(two.hear(), "2001:db8::1 plain");
  itself.say(signature + "\x20\x00\x00\x00"s + get("/origin"));
  EXPECT_EQ(itself.hear(), "127.0.0.1 plain") << "the proxy asks for itself";
}

TEST_F(Preamble, WithoutOneTheConnectionEnds) {
  for (const auto& words :
       {get("/origin"), "PROXY TCP4 192.0.2.999 198.51.100.2 1 2\r\n" + get("/origin"),
        "PROXY TCP4 192.0.2.7 198.51.100.2 1 2\n" + get("/origin"), " " + (kLine + get("/origin")), std::string("PROXY TCP4 192.0.2.7")}) {
    Dialled caller(port_);
    caller.say(words);
    EXPECT_EQ(caller.hear(), std::nullopt) << words;
  }
  EXPECT_EQ(echo_.count, 0);
}

class PreambleOfOthers : public Served {
 protected:
  PreambleOfOthers() : Served(preamble_of("10.0.0.0/8")) {}
};

TEST_F(PreambleOfOthers, IsNotTaken) {
  Dialled caller(port_), plain(port_);
  caller.say(kLine + get("/origin"));
  EXPECT_NE(caller.hear().value_or("").find("\"status\":505"), std::string::npos);
  EXPECT_EQ(caller.hear(), std::nullopt);
  plain.say(get("/origin"));
  EXPECT_EQ(plain.hear(), "127.0.0.1 plain");
}

}  // namespace
}  // namespace jeton::server
