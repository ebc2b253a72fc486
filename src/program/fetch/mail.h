// One letter to a mail server, waited for (RFC 5321).
#pragma once

#include "ground/secret.h"
#include "program/fetch/fetch.h"

namespace jeton::fetch {

struct Letter {
  std::string url;                  // smtp://host:port or smtps://host
  std::string from, recipient;      // mailboxes
  std::string message;              // RFC 5322, lines ended by CRLF
  std::string user = {};
  Secret password = {};             // where the server asks for one
  Seconds timeout{30};
};

// Over TLS from the first octet or by STARTTLS, or not at all; a server on this machine may do without. Any thread.
std::expected<void, Trouble> send(const Letter& letter);

}  // namespace jeton::fetch
