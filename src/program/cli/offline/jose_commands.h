// The tables of the offline JOSE commands.
#pragma once

#include "program/cli/command.h"
#include "program/cli/offline/offline.h"

namespace jeton::cli {

std::span<const Command> jwt_verify_commands();   // jwt verify
std::span<const Command> jwt_commands();          // jwt sign, jwt inspect
std::span<const Command> jws_commands();
std::span<const Command> jwe_commands();
std::span<const Command> jwk_commands();          // jwk check, generate, thumbprint
std::span<const Command> jwk_form_commands();     // jwk public, pem

// --jwks: a file, or an http or https address.
Or<jose::JwkSet> read_verifying_keys(const Arguments& given);

}  // namespace jeton::cli
