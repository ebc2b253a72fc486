// A first look at a text, before any parser sees it: what must not be there, and how large what is there grows.
#pragma once

#include <string_view>

#include "blocks/xml/document.h"

namespace jeton::xml {

// Refuses what Document::parse says of declarations and limits; leaves well-formedness to the parser. One pass, no memory but a number for each open element.
Status outline(std::string_view text, const Limits& limits);

}  // namespace jeton::xml
