#include "authority/watch/alerts.h"

#include "blocks/json/writer.h"

namespace jeton::watch {
namespace {
constexpr Seconds kGroup{3600};
}

Status Alerts::raise(ledger::Alert what, Instant now) {
  // The newest page holds every alert of the last hour unless a flood of other families pushed it out; then a new one is made.
  TRY(const auto recent, ledger_.alerts({.before = std::nullopt, .limit = 200}));
  for (auto alert : recent) {
    if (alert.rule != what.rule || alert.family != what.family || alert.principal != what.principal ||
        (what.rule == "selftest_failed" && alert.evidence != what.evidence) || alert.acknowledged || alert.last + kGroup < now)
      continue;
    ++alert.count;
    alert.last = now;
    alert.evidence = what.evidence;
    TRY_VOID(ledger_.commit({ledger::Update<ledger::Alert>{std::move(alert)}}));
    return {};
  }
  TRY(what.id, AlertId::make(now, entropy_));
  what.first = what.last = now;
  what.version = 1;
  const audit::Actor system{.name = "system", .address = {}, .request_id = {}};
  std::string detail;
  json::Writer(detail).object().member("rule", what.rule).optional("token", what.token.none() ? "" : what.token.text()).end_object();
  TRY(auto event, audit::event({system, now}, "alert.raise", what.id.text(), entropy_, std::move(detail)));
  TRY_VOID(ledger_.commit({ledger::Insert<ledger::Alert>{std::move(what)}, std::move(event)}));
  return {};
}

Result<ledger::Alert> Alerts::acknowledge(const AlertId& id, const audit::Doing& doing) {
  TRY(auto alert, ledger_.alert(id));
  if (!alert) return refuse(Refusal::NotFound, "no such alert");
  if (alert->acknowledged) return *alert;
  alert->acknowledged = doing.now;
  TRY(auto event, audit::event(doing, "alert.acknowledge", id.text(), entropy_));
  TRY_VOID(ledger_.commit({ledger::Update<ledger::Alert>{*alert}, std::move(event)}));
  ++alert->version;
  return *alert;
}

}  // namespace jeton::watch
