// Whether an RSA key's numbers are what they should be: what no signature would ever show.
#pragma once

#include "blocks/crypto/sign.h"

namespace jeton::crypto {

// Miller-Rabin with OpenSSL's rounds; `number` big-endian.
bool is_prime(ByteView number);

// Refuses (WeakKey): a modulus with a small factor, a prime, or one whose factors are so close that Fermat finds them; private
// factors that are not prime or not of one size. Tens of milliseconds: for keys that come from outside, not for hot paths.
Status check_rsa_numbers(const PublicParts& pub, const PrivateParts* priv);

// The mark that a flawed key generator left on moduli (CVE-2017-15361): they can be factored. Microseconds.
bool has_roca_mark(ByteView modulus);

}  // namespace jeton::crypto
