#include "authority/audit/text.h"

namespace jeton::audit {

void render(json::Writer& w, const ledger::AuditEvent& e) {
  w.object().member("number", static_cast<std::int64_t>(e.number)).member("id", e.id.text()).member("at", to_rfc3339(e.at));
  w.member("actor", e.actor).member("action", e.action).member("target", e.target);
  w.key("detail").raw(e.detail.empty() ? std::string_view("{}") : std::string_view(e.detail));
  w.optional("address", e.address.text()).member("request_id", e.request_id).optional("trace_id", e.trace_id).end_object();
}

std::string json_text(const ledger::AuditEvent& e) {
  std::string out;
  json::Writer w(out);
  render(w, e);
  return out;
}

}  // namespace jeton::audit
