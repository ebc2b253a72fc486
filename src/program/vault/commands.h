// jeton vault put, get, list, rm, lock, unlock.
#pragma once

#include <span>

#include "ground/result.h"
#include "program/cli/command.h"

namespace jeton::vault {

std::span<const cli::Command> commands();

// The exit of a failure that speaks of the vault, told on standard error.
int told(const Failure& failure);

}  // namespace jeton::vault
