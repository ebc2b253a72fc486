// The command line from end to end.
#pragma once

#include <span>

namespace jeton::cli {

// `words` without the program's name. Answers the exit status.
int run(std::span<const char* const> words);

}  // namespace jeton::cli
