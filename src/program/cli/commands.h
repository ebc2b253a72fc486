// The list of every table of commands: the whole command line is what is named here.
#pragma once

#include <string_view>
#include <vector>

#include "program/cli/command.h"

namespace jeton::cli {

// Every command, sorted by path.
const std::vector<const Command*>& commands();
// The one of exactly that path, or null.
const Command* find_command(std::string_view path);
// What each noun is about, for the list in --help: {"token", "tokens: create, list, …"}. Empty for a command of one word.
std::string_view noun_meaning(std::string_view noun);

// Options every command has beside its own. The keys of Arguments are their names.
std::span<const Option> options_of_all();
// The other spelling of an option of all: "-q" and "-h" and "--output"; empty where it has none.
std::string_view other_spelling(std::string_view name);

// The tables, one a room.
std::span<const Command> framework_commands();   // help, version, completion, man
std::span<const Command> selftest_commands();    // selftest
std::span<const Command> guard_commands();       // crypto report; keys at rest, encryption keys

}  // namespace jeton::cli
