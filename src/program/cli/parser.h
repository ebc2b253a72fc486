// From the words of a command line to a command and its arguments. Strict: whatever is not in the table is refused.
#pragma once

#include <expected>
#include <string>

#include "program/cli/commands.h"

namespace jeton::cli {

struct Parsed {
  const Command* command = nullptr;   // null: the words named a noun only, or nothing
  std::string path;                   // the words that were understood as command
  Arguments given;
  bool help = false;
};

// What is wrong and what to do, for people; holds no value that was typed, as that could be a secret.
using UsageError = std::string;

// `words` without the program's name. `--name value` and `--name=value` are the same; `--` ends the options; options may stand
// between operands, and those of all commands before the command too.
std::expected<Parsed, UsageError> parse(std::span<const char* const> words);
// The same of the given commands.
std::expected<Parsed, UsageError> parse(std::span<const char* const> words, std::span<const Command* const> commands);

// The closed list of values an option takes, "json|yaml" as {"json", "yaml"}; empty where any text will do.
std::vector<std::string_view> choices(std::string_view value);

// The one of `names` that is most like `typed`, or empty where none is near.
std::string_view nearest(std::string_view typed, std::span<const std::string_view> names);

}  // namespace jeton::cli
