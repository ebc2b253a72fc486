// Paths that mean one thing: what two servers could read in two ways is refused.
#pragma once

#include <string>
#include <string_view>

#include "ground/result.h"

namespace jeton::http {

// The path of a request target as an upstream will see it: what follows "?" is cut off, escapes are decoded once. Views
// `raw`, or `room` where there was something to decode.
// Malformed: not beginning with "/"; "//", a "." or ".." segment; an encoded slash, backslash, percent sign or NUL; a
// backslash, ";" or "#"; a control character; a bad escape; not UTF-8.
Result<std::string_view> plain_path(std::string_view raw, std::string& room);

}  // namespace jeton::http
