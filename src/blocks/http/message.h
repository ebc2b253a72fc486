// HTTP as values: what a server read and what it is to write, with no socket in sight.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "blocks/net/address.h"
#include "ground/bytes.h"

namespace jeton::http {

struct Field {
  std::string_view name;  // as received; compare with `iequals`
  std::string_view value; // trimmed
};

// A certificate the caller proved to hold, in its own TLS handshake or by the word of a trusted proxy (RFC 8705).
struct ClientCertificate {
  Bytes der;
  std::array<std::uint8_t, 32> thumbprint{};   // SHA-256 of `der`: what a confirmation's x5t#S256 names
  // Whether its chain leads to one of tls_client_ca. Where it does not, the names are empty: anybody can write them.
  bool trusted = false;
  std::string subject;                                     // RFC 4514
  std::vector<std::string> dns, uris, emails, addresses;   // of its subjectAltName
};

// Where a request came in. `peer` is the socket's, or whom a trusted proxy's PROXY preamble names; who to believe about forwarding is
// decided further in.
struct Origin {
  net::Address peer;                    // none on a Unix socket
  std::optional<std::uint32_t> uid;     // the peer's uid on a Unix socket (SO_PEERCRED)
  bool administrator = false;           // a Unix peer with the server's own uid, or root
  bool secure = false;                  // TLS
  const ClientCertificate* certificate = nullptr;   // null where none was shown; lives as long as the request is being answered
};

// One request: views into the connection's buffer, valid while it is being answered.
struct Request {
  std::string_view method;
  std::string_view target;  // as received, "/a/b?c=d"
  std::string_view path;    // before "?", not decoded
  std::string_view query;   // after "?", not decoded; empty where there is none
  std::span<const Field> fields;
  std::string_view body;
  Origin origin;
  std::string_view request_id;   // given by the server for logs and errors
  std::uint8_t* counted = nullptr;   // bits for what it was counted for already: it may be answered twice (ground/hurry.h); null: once

  // The first field of that name (any case); nothing where there is none.
  std::optional<std::string_view> field(std::string_view name) const;
  // How often the field stands there.
  std::size_t count(std::string_view name) const;
};

// One answer. Kept and cleared per connection, so a warm one allocates nothing.
class Response {
 public:
  // Starts anew: 200, no field, no body; keeps the memory.
  void clear();
  int status = 200;
  std::string body;
  // Appends a field. CR, LF and NUL in a value are dropped: nothing a caller puts in can end the line.
  void field(std::string_view name, std::string_view value) { field(name, {value}); }
  // The value put together of parts.
  void field(std::string_view name, std::initializer_list<std::string_view> parts);
  // All fields as they go on the wire, "Name: value\r\n" each.
  std::string_view fields() const { return fields_; }

 private:
  void append(std::string_view value);
  std::string fields_;
};

// Equal but for the case of ASCII letters.
bool same_letters(const char* a, const char* b, std::size_t size);
inline bool iequals(std::string_view a, std::string_view b) {
  // Most names that are as long end otherwise.
  return a.size() == b.size() && (a.empty() || (((a.back() ^ b.back()) & ~0x20) == 0 && same_letters(a.data(), b.data(), a.size())));
}
std::string_view reason(int status);

}  // namespace jeton::http
