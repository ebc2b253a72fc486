// An event as JSON, wherever it is shown: listings, exports, syslog.
#pragma once

#include "authority/ledger/records.h"
#include "blocks/json/writer.h"

namespace jeton::audit {

void render(json::Writer& w, const ledger::AuditEvent& event);
// On one line, without its end.
std::string json_text(const ledger::AuditEvent& event);

}  // namespace jeton::audit
