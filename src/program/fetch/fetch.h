// One HTTP request to somewhere else, waited for: servers by URL and Unix sockets, key sets at an address.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "blocks/net/guard.h"
#include "ground/instant.h"

namespace jeton::fetch {

struct Request {
  std::string method = "GET";
  std::string url;                    // http or https; the host is only a name where `socket` is set
  std::string socket = {};            // the path of a Unix socket to use in place of TCP
  std::vector<std::string> fields = {};   // "Name: value"
  std::string body = {};
  Seconds timeout{30};
  std::size_t most = 16 * 1024 * 1024;    // octets of an answer
  // Where the URL came from somebody else: says which addresses it may lead to, and no proxy is used. Lives through the call.
  const net::Guard* guard = nullptr;
};

struct Response {
  int status = 0;
  std::string content_type, body;
};

enum class Trouble : std::uint8_t {
  NoLibrary,    // libcurl.so.4 is not installed
  BadAddress,   // not a URL of http or https
  NotReached,   // no such host, nobody listens, no route
  Tls,          // the other side's certificate is not to be trusted
  Lost,         // the connection ended before the answer did: what was asked may have been done
  TimedOut,
  TooLarge,
  Forbidden,    // the guard does not let through where the URL leads to
  Refused,      // of a mail server: it would not take the letter
};
// What it is, in words for people.
std::string_view text(Trouble trouble);

// Follows no redirect, verifies certificates, uses no proxy for Unix sockets and this machine's own addresses. Any thread.
std::expected<Response, Trouble> send(const Request& request);

// Whether the URL's host is this machine by its literal address or as localhost.
bool is_loopback(std::string_view url);

}  // namespace jeton::fetch
