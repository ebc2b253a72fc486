// Whom a certificate names, and whether an authority we trust says so.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ground/bytes.h"
#include "ground/instant.h"
#include "ground/result.h"

namespace jeton::crypto {

// The names in a certificate, as RFC 8705 §2.1.2 compares them. Anybody can write them: worth as much as the chain.
struct CertificateNames {
  std::string subject;   // RFC 4514
  std::vector<std::string> dns, uris, emails, addresses;   // of the subjectAltName
};
// Malformed: no certificate in DER, octets behind it, or a name with NUL in it.
Result<CertificateNames> names_of_certificate(ByteView der);

// The DER of the one certificate that a PEM text is.
Result<Bytes> certificate_of_pem(std::string_view text);

// Certificates that chains may end in. Immutable; any thread.
class Authorities {
 public:
  // Of a PEM text with one or more of them, and nothing else.
  static Result<Authorities> of_pem(std::string_view text);
  // Whether a chain for TLS clients leads from this certificate to one of them, all of it good at that time.
  bool vouch_for(ByteView der, Instant now) const;

 private:
  Authorities() = default;
  std::shared_ptr<void> store_;
};

}  // namespace jeton::crypto
