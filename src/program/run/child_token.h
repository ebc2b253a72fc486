// A short-lived token for one run, of the holder's own; it ends with the command.
#pragma once

#include "program/run/environment.h"

namespace jeton::run {

// Mints it: from the vault's item where one is named, else of JETON_TOKEN. Told already where it fails: the exit.
std::expected<Given, int> mint(const cli::Arguments& given, const ChildToken& wanted);
// Revokes it. What goes wrong is told and changes nothing: the token expires by itself.
void end(const cli::Arguments& given, const Given& token);

}  // namespace jeton::run
