// The pre-commit hook that keeps secrets out of a repository.
#pragma once

#include "program/cli/command.h"

namespace jeton::scan {

// Writes .git/hooks/pre-commit; another's hook there is left alone (conflict). Answers an exit.
int install_hook(const cli::Arguments& given);

}  // namespace jeton::scan
