// SAML on the command line: is this response good, and who the server does SAML with.
#pragma once

#include <span>

#include "program/cli/command.h"

namespace jeton::cli {

std::span<const Command> saml_commands();            // verify, offline
std::span<const Command> saml_provider_commands();   // sp, metadata
std::span<const Command> saml_identity_provider_commands();   // idp
std::span<const Command> saml_link_commands();       // link, key

}  // namespace jeton::cli
