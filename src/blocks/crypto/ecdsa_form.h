// ECDSA signatures as others carry them (ASN.1 DER), turned into JOSE's form.
#pragma once

#include "blocks/crypto/algorithm.h"
#include "ground/bytes.h"
#include "ground/result.h"

namespace jeton::crypto {

// R || S of ECDSA-Sig-Value (RFC 3279 §2.2.3), as a key of that algorithm verifies it. BadSignature where the octets are not its one DER
// spelling, or the algorithm is no ECDSA.
Result<Bytes> raw_signature(SignAlg alg, ByteView der);

}  // namespace jeton::crypto
