// Exclusive XML canonicalisation without comments (http://www.w3.org/2001/10/xml-exc-c14n#).
#pragma once

#include <optional>
#include <span>
#include <string>

#include "blocks/xml/document.h"

namespace jeton::xml {

// The octets of `apex` and what is below it, `left_out` and what is below that not among them. `prefixes` is the PrefixList of
// InclusiveNamespaces, "#default" for the default namespace. An error, and an empty outcome, refuse: they are never taken for
// the canonical form of something.
Result<std::string> canonical(Element apex, std::span<const std::string> prefixes, std::optional<Element> left_out);

}  // namespace jeton::xml
