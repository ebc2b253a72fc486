// Which algorithms are in service: one that failed its self-test is taken out at once.
#pragma once

#include "blocks/crypto/algorithm.h"

namespace jeton::crypto {

// One relaxed load. Any thread.
bool in_service(SignAlg alg);
// Any thread. An algorithm that is out neither signs nor verifies (Fault::SelfTest).
void take_out_of_service(SignAlg alg);
void put_in_service(SignAlg alg);

}  // namespace jeton::crypto
