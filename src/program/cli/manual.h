// Manual pages in mdoc, made of the table.
#pragma once

#include <string>

#include "program/cli/commands.h"

namespace jeton::cli {

// jeton-token-create(1).
std::string manual_of(const Command& command);
// jeton(1), or of a noun: jeton-token(1). Empty where no command begins with the path.
std::string manual_of_path(std::string_view path);
// "jeton-token-create"
std::string page_name(std::string_view path);

}  // namespace jeton::cli
