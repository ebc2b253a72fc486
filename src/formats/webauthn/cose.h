// Public keys of authenticators: COSE_Key (RFC 9052 §7, RFC 9053 §7, RFC 8230 §4).
#pragma once

#include <span>

#include "blocks/cbor/reader.h"
#include "blocks/crypto/sign.h"

namespace jeton::webauthn {

// What is offered to authenticators, the best first: the COSE number, and what it is here (RFC 9053 §2, RFC 8812 §2).
struct CoseAlg {
  int number;
  crypto::SignAlg alg;
};
std::span<const CoseAlg> cose_algs();

// A key whose type and curve fit its `alg`, sound as every key here. Unsupported: another algorithm than the table's.
Result<crypto::VerifyKey> cose_key(const cbor::Value& key);

}  // namespace jeton::webauthn
