// Questions to the person at the terminal, and secrets from a pipe or a file. No prompt without a terminal.
#pragma once

#include <string>
#include <string_view>

#include "ground/result.h"
#include "ground/secret.h"

namespace jeton::terminal {

// One line typed without echo, without its end. Unsupported where there is no terminal; Denied where it was cut short (^D).
// The terminal is as it was when this returns, also after ^C.
Result<Secret> ask_secret(std::string_view prompt);
// Whether the answer was "y" or "yes". Unsupported where there is no terminal.
Result<bool> confirm(std::string_view question);

// All of a descriptor or a file, up to `limit` octets (TooLarge beyond).
Result<Secret> read_secret(int fd, std::size_t limit);
Result<Secret> read_secret_file(const std::string& path, std::size_t limit);
// Without one line end at the end, as `echo` and editors add it.
Secret trimmed(Secret text);

}  // namespace jeton::terminal
