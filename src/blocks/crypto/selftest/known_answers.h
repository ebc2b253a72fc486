// One function for each kind of algorithm: accept what is good, refuse the same with a bit flipped.
#pragma once

#include "blocks/crypto/service.h"

namespace jeton::crypto::selftest {

// Runs every known answer of that algorithm, whatever its standing. False where one is not as published.
bool known_answers(Tested what);
// Where those come from, for the report: "RFC 6979 A.2.5".
std::string_view source(Tested what);

}  // namespace jeton::crypto::selftest
