// The audit's listings: newest first for people, in the order of numbers for those that keep it elsewhere.
#include "authority/audit/text.h"
#include "protocols/admin/body.h"
#include "protocols/admin/render.h"

namespace jeton::protocols::admin {
namespace {

struct Wanted {
  std::optional<std::string_view> target, action, actor;
  std::optional<Instant> since, until;

  bool fits(const ledger::AuditEvent& e) const {
    const auto unlike = [](const auto& wanted, const std::string& is) { return wanted && *wanted != is; };
    if (unlike(target, e.target) || unlike(action, e.action) || unlike(actor, e.actor)) return false;
    return (!since || e.at >= *since) && (!until || e.at < *until);
  }
};

Result<std::optional<Instant>> time_of(const Query& query, std::string_view name) {
  const auto text = query.get(name);
  if (!text) return std::optional<Instant>();
  const auto at = parse_rfc3339(*text);
  if (!at) return refuse(Refusal::Malformed, "since, until: times such as 2026-11-24T10:00:00Z");
  return at;
}

Result<Wanted> wanted_of(const Query& query) {
  Wanted w{query.get("target"), query.get("action"), query.get("actor"), {}, {}};
  TRY(w.since, time_of(query, "since"));
  TRY(w.until, time_of(query, "until"));
  return w;
}

Status answer_events(Call& call, const std::vector<ledger::AuditEvent>& events, const Wanted& wanted, const std::string& next) {
  call.response.field("Content-Type", "application/json");
  call.response.field("Cache-Control", "no-store");
  json::Writer w(call.response.body);
  w.object().key("items").array();
  for (const auto& e : events)
    if (wanted.fits(e)) render(w, e);
  w.end_array().optional("next", next).end_object();
  return {};
}

// By number, oldest first. A page whose events fit none of the filters is empty, and still names the next
// one.
Status in_order(Call& call, const Query& query, const Wanted& wanted, std::string_view after) {
  std::uint64_t number = 0;
  if (after.empty() || after.size() > 18) return refuse(Refusal::Malformed, "after: an event's number");
  for (const char c : after) {
    if (c < '0' || c > '9') return refuse(Refusal::Malformed, "after: an event's number");
    number = number * 10 + static_cast<std::uint64_t>(c - '0');
  }
  TRY(const auto events, call.rooms.ledger.audit_after(number, query.page.limit));
  const bool full = events.size() == query.page.limit;
  return answer_events(call, events, wanted, full ? std::to_string(events.back().number) : std::string());
}

}  // namespace

Status list_audit(Call& call) {
  TRY(const auto query, Query::parse(call.request.query, {"target", "action", "actor", "since", "until", "after"}));
  TRY(const auto wanted, wanted_of(query));
  if (const auto after = query.get("after")) return in_order(call, query, wanted, *after);
  TRY(const auto page, page_of<EventId>(query.page.cursor, query.page.limit));
  TRY(auto items, call.rooms.ledger.audit(page));
  const auto next = items.size() > query.page.limit ? std::optional(items[query.page.limit - 1].id) : std::nullopt;
  if (next) items.resize(query.page.limit);
  // A filter thins the page; the cursor still moves through everything.
  return answer_events(call, items, wanted, next ? next->text() : std::string());
}

}  // namespace jeton::protocols::admin
