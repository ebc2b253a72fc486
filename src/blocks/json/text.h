// A value that was read, written again.
#pragma once

#include <string>

#include "blocks/json/value.h"

namespace jeton::json {

// Compact; members in their order, numbers as they were spelled.
std::string text_of(const Value& value);

}  // namespace jeton::json
