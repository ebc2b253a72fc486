// SAML on the command line: is this response good, and the service providers of the server.
#pragma once

#include <span>

#include "program/cli/command.h"

namespace jeton::cli {

std::span<const Command> saml_commands();            // verify, offline
std::span<const Command> saml_provider_commands();   // sp, metadata

}  // namespace jeton::cli
