// The watch, offline: traces through its rules.
#pragma once

#include <span>

#include "program/cli/command.h"

namespace jeton::cli {

std::span<const Command> trace_commands();   // watch replay, watch rules

}  // namespace jeton::cli
