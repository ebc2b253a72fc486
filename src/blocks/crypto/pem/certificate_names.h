// Who a certificate says it is for. Read, not believed: whether it says so rightly is for whoever checked its
// chain.
#pragma once

#include <string>
#include <vector>

#include "ground/bytes.h"
#include "ground/result.h"

namespace jeton::crypto {

struct CertificateNames {
  std::string subject;                 // as RFC 4514 spells it: "CN=app,O=Example,C=DE"
  std::vector<std::string> dns, uris;  // of its subjectAltName
};

// Malformed: not one X.509 certificate in DER, or a name with a NUL in it.
Result<CertificateNames> names_of_certificate(ByteView der);

}  // namespace jeton::crypto
