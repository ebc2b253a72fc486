// jeton scan, scan install-hook, scan rules.
#pragma once

#include <span>

#include "program/cli/command.h"

namespace jeton::scan {

std::span<const cli::Command> commands();

}  // namespace jeton::scan
