// --help: text for people, from the table.
#pragma once

#include <string>

#include "program/cli/commands.h"

namespace jeton::cli {

enum class Colour : std::uint8_t { Off, On };

std::string help_of(const Command& command, Colour colour);
// Of a noun ("token"), or of the program where the path is empty. Empty where nothing begins with it.
std::string help_of_path(std::string_view path, Colour colour);

// "jeton token create --api API --scope SCOPE… [--name NAME]"
std::string usage_line(const Command& command);

// The summary with its full stop; a question keeps its mark.
std::string sentence_of(const Command& command);

}  // namespace jeton::cli
