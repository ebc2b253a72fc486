// Our token's rule in the forms of other scanners.
#pragma once

#include <string>
#include <string_view>

namespace jeton::scan {

// For "gitleaks" (TOML), "trufflehog" (YAML) or "github" (a custom pattern's fields, JSON).
std::string rule_in_form(std::string_view form, std::string_view brand);

}  // namespace jeton::scan
