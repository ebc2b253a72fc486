// Questions to the person at the terminal. No prompt without a terminal.
#pragma once

#include <string_view>

#include "ground/result.h"
#include "ground/secret.h"

namespace jeton::terminal {

// One line typed without echo, without its end, of at most 65,536 octets. Unsupported where there is no
// terminal; Denied where it was cut short (^D). The terminal is as it was when this returns, also after ^C,
// which ends the program with 130.
Result<Secret> ask_secret(std::string_view prompt);
// Whether the answer was "y" or "yes". Unsupported where there is no terminal.
Result<bool> confirm(std::string_view question);

}  // namespace jeton::terminal
