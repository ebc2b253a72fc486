// jeton saml verify: is this response good?
#pragma once

#include <span>

#include "program/cli/command.h"

namespace jeton::cli {

std::span<const Command> saml_commands();

}  // namespace jeton::cli
