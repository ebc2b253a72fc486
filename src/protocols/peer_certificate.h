// The certificate that a caller showed in its TLS connection (RFC 8705).
#pragma once

#include "protocols/rooms.h"

namespace jeton::protocols {

struct PeerCertificate {
  Bytes der;
  bool trusted = false;  // issued by an authority that the operator, or his proxy, trusts for callers
};

// Of the connection itself, or as a trusted proxy hands it on. Malformed: a proxy's field that is no
// certificate, or stands there twice.
Result<std::optional<PeerCertificate>> peer_certificate(const Rooms& rooms, const http::Request& request);
// JSON of `cnf` for it (RFC 8705 §3.1).
std::string confirmation_of(const PeerCertificate& certificate);

}  // namespace jeton::protocols
