// PEM taken apart, and certificates with an owner. For the files of this room.
#pragma once

#include <openssl/x509.h>
#include <string>
#include <string_view>
#include <vector>

#include "blocks/crypto/openssl.h"
#include "ground/result.h"
#include "ground/secret.h"

namespace jeton::crypto {

using X509Ptr = std::unique_ptr<X509, Freed<X509_free>>;

struct PemBlock {
  std::string name;  // "CERTIFICATE"
  Secret der;

  bool is_certificate() const { return name == "CERTIFICATE" || name == "X509 CERTIFICATE"; }
};

// Every block of a text, at least one; what stands between blocks says nothing (RFC 7468 §2). Malformed: no
// block, one that is damaged or under a password. TooLarge: more octets than `most`.
Result<std::vector<PemBlock>> pem_blocks(std::string_view text, std::size_t most);

// Null where the octets are not one certificate and nothing else.
X509Ptr read_certificate(ByteView der);

}  // namespace jeton::crypto
