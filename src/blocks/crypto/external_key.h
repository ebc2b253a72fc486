// Keys whose private half stays elsewhere: in a PKCS#11 token.
#pragma once

#include <functional>

#include "blocks/crypto/sign.h"

namespace jeton::crypto {

// Writes one signature of the algorithm. Any thread.
using Signer = std::function<Status(SignAlg alg, ByteView message, ByteSpan signature)>;

// A key that signs by asking; its private parts are empty. Refused (WeakKey) where a signature is not good under the public half.
Result<SignKey> sign_key_elsewhere(SignAlg alg, const PublicParts& pub, Signer signer);

}  // namespace jeton::crypto
