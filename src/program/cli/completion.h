// Completions for shells, as scripts made of the table.
#pragma once

#include <string>

#include "program/cli/commands.h"

namespace jeton::cli {

std::string bash_completion();
std::string zsh_completion();
std::string fish_completion();

}  // namespace jeton::cli
