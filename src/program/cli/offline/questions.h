// Questions answered without a server: rules, redirects, what a token looks like.
#pragma once

#include "program/cli/command.h"

namespace jeton::cli {

std::span<const Command> rule_test_commands();       // rule test, rule check
std::span<const Command> redirect_test_commands();   // client test-redirect
std::span<const Command> inspect_commands();         // inspect

}  // namespace jeton::cli
