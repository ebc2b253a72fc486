// Requests off the wire, paths, routes, forms and credentials: what two programs could read differently is refused.
#include <gtest/gtest.h>

#include "blocks/http/authorization.h"
#include "blocks/http/form.h"
#include "blocks/http/path.h"
#include "blocks/http/reader.h"
#include "blocks/http/route.h"

namespace jeton::http {
namespace {

// The status a request is refused with, or 0.
int outcome(std::string text) {
  const auto head = RequestReader::head_size(text);
  if (head == 0) return -1;
  RequestReader reader(64);
  const std::string_view all = text;
  if (!reader.read_head(all.substr(0, head))) return reader.refusal();
  reader.read_body(all.substr(head));
  return reader.refusal();
}

TEST(RequestReader, TakesWhatIsWellFormed) {
  for (const std::string text :
       {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "POST /x?y=z HTTP/1.1\r\nHost: a:80\r\nContent-Length: 2\r\n\r\nhi",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", "GET / HTTP/1.0\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: [::1]:8420\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer x\r\n\r\n",
        "GET https://A:80/x?y HTTP/1.1\r\nHost: a:80\r\n\r\n", "GET http://a HTTP/1.1\r\nHost: a\r\n\r\n"})
    EXPECT_EQ(outcome(text), 0) << text;
}

// [RFC9112 §3.2.2] the absolute form means the same as the other
TEST(RequestReader, TakesTheAbsoluteForm) {
  const std::string text = "GET http://a/b/c?d=e HTTP/1.1\r\nHost: a\r\n\r\n";
  RequestReader reader(64);
  ASSERT_TRUE(reader.read_head(text));
  EXPECT_EQ(reader.request().target, "/b/c?d=e");
  EXPECT_EQ(reader.request().path, "/b/c");
  EXPECT_EQ(reader.request().query, "d=e");
}

TEST(RequestReader, RefusesWhatSmuggles) {
  const std::string host = "Host: a\r\n";
  for (const auto& [text, status] : {
           std::pair<std::string, int>{"GET / HTTP/1.1\r\n\r\n", 400},                                                      // no Host
           {"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400},
           {"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
           {"POST / HTTP/1.1\r\n" + host + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
           {"POST / HTTP/1.1\r\n" + host + "Content-Length: 2\r\nContent-Length: 3\r\n\r\nabc", 400},
           {"POST / HTTP/1.1\r\n" + host + "Content-Length: 2\r\nContent-Length: 2\r\n\r\nab", 400},
           {"POST / HTTP/1.1\r\n" + host + "Content-Length: 2, 2\r\n\r\nab", 400},
           {"POST / HTTP/1.1\r\n" + host + "Content-Length: +2\r\n\r\nab", 400},
           {"POST / HTTP/1.1\r\n" + host + "Content-Length: 0x2\r\n\r\nab", 400},
           {"POST / HTTP/1.1\r\n" + host + "Content-Length: 99999999999999999999\r\n\r\n", 400},
           {"POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: xchunked\r\n\r\n", 501},
           {"POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked, identity\r\n\r\n", 501},
           {"POST / HTTP/1.0\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
           {"POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
           {"GET / HTTP/1.1\r\n" + host + "Authorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n", 400},
           {"GET / HTTP/1.1\r\n" + host + "X: a\r\n b\r\n\r\n", 400},                                                       // obs-fold
           {"GET / HTTP/1.1\r\n" + host + "X : a\r\n\r\n", 400},
           {"GET / HTTP/1.1\r\n" + host + "X\r\n\r\n", 400},
           {"GET / HTTP/1.1\r\n" + host + "X: a\nY: b\r\n\r\n", 400},                                                       // bare LF
           {"GET / HTTP/1.1\r\n" + host + "X: a\rY: b\r\n\r\n", 400},                                                       // bare CR
           {"GET / HTTP/1.1\r\n" + host + std::string("X: a\0b\r\n\r\n", 10), 400},
           {"GET /a#b HTTP/1.1\r\n" + host + "\r\n", 400},
           {"GET http://b/ HTTP/1.1\r\n" + host + "\r\n", 400},
           {"GET http:/a HTTP/1.1\r\n" + host + "\r\n", 400},
           {"GET http:///x HTTP/1.1\r\n" + host + "\r\n", 400},
           {"GET /\x01 HTTP/1.1\r\n" + host + "\r\n", 400},
           {"GET  / HTTP/1.1\r\n" + host + "\r\n", 400},
           {"GET / HTTP/2.0\r\n" + host + "\r\n", 505},
           {"POST / HTTP/1.1\r\n" + host + "Content-Length: 65\r\n\r\n", 413},
       })
    EXPECT_EQ(outcome(text), status) << text;
}

TEST(RequestReader, BoundsFieldsAndHead) {
  std::string many = "GET / HTTP/1.1\r\nHost: a\r\n";
  for (std::size_t i = 0; i + 1 < kMostFields; ++i) many += "X: y\r\n";
  EXPECT_EQ(outcome(many + "\r\n"), 0);
  EXPECT_EQ(outcome(many + "X: y\r\n\r\n"), 431);
  EXPECT_EQ(outcome("GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(kMostHead, 'y') + "\r\n\r\n"), 431);
}

TEST(PlainPath, OnePathOneReading) {
  std::string room;
  EXPECT_EQ(plain_path("/a/b?c=../d", room).value(), "/a/b");
  EXPECT_EQ(plain_path("/a%20b/%C3%A9", room).value(), "/a b/\xC3\xA9");
  EXPECT_EQ(plain_path("/a/", room).value(), "/a/");
  for (const std::string_view raw : {"",        "a",      "//a",    "/a//b",  "/a/./b", "/a/../b", "/..",   "/a/%2e%2e/b", "/%2E",
                                     "/a%2fb",  "/a%5cb", "/a\\b",  "/a;b",   "/a%3bb", "/a%00b",  "/a%",   "/a%4",        "/a%zz",
                                     "/a%252e", "/a#b",   "/a%23b", "/a%3fb", "/a\tb",  "/a b",    "/\xff", "/%ff",        "/a%c0%af"})
    EXPECT_FALSE(plain_path(raw, room)) << raw;
}

TEST(RoutePattern, Matches) {
  const auto matches = [](std::string_view pattern, std::string_view method, std::string_view path) {
    return RoutePattern::parse(pattern).value().matches(method, path);
  };
  EXPECT_TRUE(matches("GET /orders/** orders:read", "GET", "/orders/1/lines"));
  EXPECT_TRUE(matches("GET /orders/** orders:read", "HEAD", "/orders"));
  EXPECT_TRUE(matches("* /orders/*", "DELETE", "/orders/1"));
  EXPECT_FALSE(matches("* /orders/*", "DELETE", "/orders/1/lines"));
  EXPECT_FALSE(matches("* /orders/*", "DELETE", "/orders/"));
  EXPECT_FALSE(matches("GET /orders/** orders:read", "POST", "/orders/1"));
  EXPECT_FALSE(matches("GET /orders/** orders:read", "GET", "/ordersx"));
  EXPECT_FALSE(matches("GET /orders", "GET", "/orders/"));
  EXPECT_FALSE(matches("GET /orders", "get", "/orders"));
  EXPECT_EQ(RoutePattern::parse("POST /a  b  c").value().scope(), "b c");
  for (const std::string_view bad : {"", "GET", "get /a b", "GET a", "GET /a/**/b", "GET /a*", "GET /a/../b", "GET /a%20b", "GET /a b\"c"})
    EXPECT_FALSE(RoutePattern::parse(bad)) << bad;
}

TEST(Form, EachNameOnce) {
  const auto form = Form::parse("a=1&b=%41+B&c&d=").value();
  EXPECT_EQ(form.get("b"), "A B");
  EXPECT_EQ(form.get("c"), "");
  EXPECT_FALSE(form.get("e"));
  const auto mixed = Form::parse("a=caf%C3%A9+au%20lait+%2B1&b=%2B%2B&c=++").value();
  EXPECT_EQ(*mixed.get("a"), "caf\xC3\xA9 au lait +1");
  EXPECT_EQ(*mixed.get("b"), "++");
  EXPECT_EQ(*mixed.get("c"), "  ");
  for (const std::string_view bad : {"a=1&a=2", "a=1&%61=2", "a=%", "a=%0", "a=%00", "a=%ff", "a=b%", "a=b%2", "a=b%00c"})
    EXPECT_FALSE(Form::parse(bad)) << bad;
  EXPECT_FALSE(Form::parse(std::string_view("a=b\0c", 5)));
  std::string many = "p0=";
  for (int i = 1; i < 64; ++i) many += "&p" + std::to_string(i) + "=";
  EXPECT_TRUE(Form::parse(many));
  EXPECT_FALSE(Form::parse(many + "&p64="));
}

Request asking(std::span<const Field> fields) {
  Request r;
  r.fields = fields;
  return r;
}

TEST(Authorization, OneCredentialOfOneScheme) {
  const Field good[] = {{"authorization", "bearer  abc.DEF-_~+/="}};
  EXPECT_EQ(bearer(asking(good)).value(), "abc.DEF-_~+/=");
  EXPECT_FALSE(bearer(asking({})).value());
  const Field other[] = {{"Authorization", "Basic YTpi"}};
  EXPECT_FALSE(bearer(asking(other)).value());
  const auto pair = basic(asking(other)).value();
  EXPECT_EQ(pair->user + "/" + pair->password, "a/b");
  const Field twice[] = {{"Authorization", "Bearer a"}, {"AUTHORIZATION", "Bearer a"}};
  EXPECT_FALSE(bearer(asking(twice)));
  for (const std::string_view value : {"Bearer ", "Bearer a b", "Bearer a,b", "Bearer \"a\""}) {
    const Field field[] = {{"Authorization", value}};
    const auto token = bearer(asking(field));
    EXPECT_TRUE(!token || !*token) << value;
  }
  for (const std::string_view value : {"Basic YTp", "Basic YTpi=", "Basic YWI=", "Basic YTpj==", "Basic !"}) {
    const Field field[] = {{"Authorization", value}};
    EXPECT_FALSE(basic(asking(field))) << value;
  }
}

// Wherever it stands, and however long the value is.
TEST(ResponseField, WhatCouldEndTheLineIsDropped) {
  for (std::size_t size = 1; size < 70; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      for (const char c : {'\r', '\n', '\0'}) {
        std::string value(size, 'v');
        value[at] = c;
        Response response;
        response.field("X-A", value);
        ASSERT_EQ(response.fields(), "X-A: " + std::string(size - 1, 'v') + "\r\n") << size << " " << at;
      }
    }
    Response response;
    response.field("X-A", std::string(size, '\xff'));
    ASSERT_EQ(response.fields(), "X-A: " + std::string(size, '\xff') + "\r\n");
  }
}

TEST(FieldNames, AreEqualButForTheCaseOfLetters) {
  EXPECT_TRUE(iequals("", ""));
  EXPECT_FALSE(iequals("", "a"));
  const std::string lower = "x-forwarded-method-and-more";
  for (std::size_t size = 1; size <= lower.size(); ++size) {
    const std::string name = lower.substr(0, size);
    std::string upper = name;
    for (auto& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    EXPECT_TRUE(iequals(name, upper) && iequals(upper, name) && iequals(name, name));
    for (std::size_t at = 0; at < size; ++at) {
      std::string other = upper;
      // The same bit apart, and no letter: '-' and '\r', '[' and '{'.
      other[at] = name[at] == '-' ? '\r' : static_cast<char>(other[at] ^ 1);
      EXPECT_FALSE(iequals(name, other)) << other;
    }
  }
  EXPECT_FALSE(iequals("a[", "a{"));
  EXPECT_FALSE(iequals("aaaaaaaaa[", "aaaaaaaaa{"));
  EXPECT_FALSE(iequals("a@", "a`"));
}

}  // namespace
}  // namespace jeton::http
