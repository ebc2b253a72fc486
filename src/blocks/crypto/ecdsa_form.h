// ECDSA signatures in the form that most of the world sends them in (RFC 3279 §2.2.3).
#pragma once

#include <optional>

#include "blocks/crypto/algorithm.h"
#include "ground/bytes.h"

namespace jeton::crypto {

// R || S, as JOSE has it and VerifyKey takes it, of a DER Ecdsa-Sig-Value; nothing where it is not strict DER or not of the algorithm's size.
std::optional<Bytes> ecdsa_from_der(SignAlg alg, ByteView der);

}  // namespace jeton::crypto
