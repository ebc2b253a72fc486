// Breaks one algorithm on purpose, in the builds that prove what happens then. In every other build: nothing at all.
#pragma once

#include "blocks/crypto/service.h"

namespace jeton::crypto::faults {

// How it is broken: what it makes has a flipped bit and what it is shown seems wrong, or it takes everything for good.
enum class How : std::uint8_t { Wrong, TakesAll };

#ifdef JETON_FAULTS
bool broken(Tested what, How how = How::Wrong);
void break_one(Tested what, How how = How::Wrong);
void mend_all();
// Takes what $JETON_BREAK_FILE names now: "ES256", or "ES256 takes-all"; nothing mends. Called before every self-test.
void look_again();
#else
constexpr bool broken(Tested, How = How::Wrong) { return false; }
constexpr void look_again() {}
#endif

}  // namespace jeton::crypto::faults
