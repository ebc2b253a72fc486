// Whether what stands at a literal is a secret, and where it begins and ends.
#pragma once

#include <optional>
#include <string_view>

#include "program/scan/inspect.h"

namespace jeton::scan {

// Our own token around the literal "_pat_" and the like; the checksum decides.
std::optional<Span> find_own_token(std::string_view text, const Hit& hit, std::string_view brand);
// scheme://user:PASSWORD@host around "://".
std::optional<Span> find_url_password(std::string_view text, const Hit& hit);
// NAME = "VALUE" and its like, behind a name that speaks of a secret.
std::optional<Span> find_assigned(std::string_view text, const Hit& hit);

// Shannon's, in bits a character.
double entropy(std::string_view text);
// Like chance made it: not a word, an identifier, a path or a placeholder.
bool looks_random(std::string_view value);
// "xxxx", "changeme", "${NAME}", "<your token>" …
bool placeholder(std::string_view value);

}  // namespace jeton::scan
