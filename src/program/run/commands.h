// jeton run: a command with its tokens as environment variables.
#pragma once

#include <span>

#include "program/cli/command.h"

namespace jeton::run {

std::span<const cli::Command> commands();

}  // namespace jeton::run
