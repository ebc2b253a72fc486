#include "authority/audit/event.h"

namespace jeton::audit {

Result<ledger::Change> event(const Doing& doing, std::string_view action, std::string target, Entropy& entropy, std::string detail) {
  ledger::AuditEvent e;
  TRY(e.id, EventId::make(doing.now, entropy));
  e.at = doing.now;
  e.actor = doing.by.name;
  e.action = action;
  e.target = std::move(target);
  e.detail = std::move(detail);
  e.address = doing.by.address;
  e.request_id = doing.by.request_id;
  e.trace_id = doing.by.trace_id;
  return ledger::Insert<ledger::AuditEvent>{std::move(e)};
}

}  // namespace jeton::audit
