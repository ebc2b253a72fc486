// The known answers of what JWE is made of.
#pragma once

namespace jeton::crypto::selftest {

bool content_gcm_answers();
bool content_cbc_answers();
bool wrap_answers();
bool oaep_answers();
bool agreement_answers();
bool concat_answers();
bool pbkdf2_answers();

}  // namespace jeton::crypto::selftest
