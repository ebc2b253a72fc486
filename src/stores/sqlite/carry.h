// What may be used once, after a restore: stays used.
#pragma once

#include <string>

#include "ground/result.h"

namespace jeton::sqlite {

// Uses up in `restored` whatever may be used once and was used in `before`, or is gone there: codes, links, what waits for a person; takes
// consents and lasting names out that are gone; and brings what was seen since. Both are ledgers of this build's tables, and nobody has
// `restored` open.
Status carry_tickets(const std::string& before, const std::string& restored);

}  // namespace jeton::sqlite
