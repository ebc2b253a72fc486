// From found to dead: asks the server of its own tokens, revokes and rotates them.
#pragma once

#include "program/cli/command.h"
#include "program/scan/report.h"

namespace jeton::scan {

// --check, --revoke, --rotate for the findings of our own tokens. 0, or an exit that was told.
int ask_server(const cli::Arguments& given, Outcome& outcome);

// jeton token revoke --from-scan FILE: the live tokens a scan's JSON names.
int revoke_from_scan(const cli::Arguments& given, const std::string& report);

}  // namespace jeton::scan
