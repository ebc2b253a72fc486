#include "authority/watch/upkeep.h"

#include "blocks/json/writer.h"

namespace jeton::watch {
namespace {

constexpr Seconds kKeepEnded{30 * 86400};
// What may be used once and has expired by this clock is kept until a clock that was ahead would have been set right.
constexpr Seconds kClockSteps{3600};
constexpr std::size_t kPurgeStep = 500;

const audit::Actor& system_actor() {
  static const audit::Actor actor{.name = "system", .address = {}, .request_id = {}};
  return actor;
}

std::string evidence(const verify::Event& event) {
  std::string out;
  json::Writer(out).object().member("token", event.token.text()).optional("address", event.address.text()).end_object();
  return out;
}

}  // namespace

Status Upkeep::first_use(const verify::Event& event, const audit::Doing& doing) {
  TRY(const auto token, ledger_.token(event.token));
  if (!token || token->predecessor.none()) return {};
  TRY(auto record, audit::event(doing, "token.rotated_out", token->predecessor.text(), entropy_));
  TRY_VOID(ledger_.commit(
      {ledger::EndTokens{ledger::TokensOf(token->predecessor), ledger::EndReason::RotatedOut, {}, event.at}, std::move(record)}));
  return {};
}

Status Upkeep::use_after_rotation(const verify::Event& event, const audit::Doing& doing) {
  TRY(const auto token, ledger_.token(event.token));
  if (!token) return {};
  ledger::Alert alert;
  alert.rule = "use_after_rotation";
  alert.token = token->id;
  alert.family = token->family;
  alert.principal = token->principal;
  alert.evidence = evidence(event);
  if (token->on_reuse == ledger::OnReuse::RevokeFamily) {
    alert.severity = ledger::Severity::Critical;
    TRY(auto record, audit::event(doing, "token.revoke_family", token->family.text(), entropy_));
    TRY_VOID(ledger_.commit(
        {ledger::EndTokens{ledger::FamilyOf{token->family}, ledger::EndReason::FamilyReuse, {}, event.at}, std::move(record)}));
  }
  return alerts_.raise(std::move(alert), event.at);
}

Status Upkeep::hash_anew(const verify::Event& event) {
  const auto done = ledger_.commit({ledger::Rehash{event.token, event.hash, event.fresh, event.pepper}});
  // It was hashed anew, or is gone, since.
  if (!done && (done.error().is(Refusal::Conflict) || done.error().is(Refusal::NotFound))) return {};
  if (!done) return std::unexpected(done.error());
  return {};
}

Status Upkeep::act_on_events(Instant now) {
  const std::lock_guard lock(acting_);
  Status worst = watch_.look(now);
  for (const auto& event : verifier_.uses().take_events()) {
    const audit::Doing doing{system_actor(), now};
    const auto done = event.kind == verify::EventKind::FirstUse           ? first_use(event, doing)
                      : event.kind == verify::EventKind::UseAfterRotation ? use_after_rotation(event, doing)
                      : event.kind == verify::EventKind::OldPepper        ? hash_anew(event)
                                                                          : Status();
    if (!done) worst = done;
  }
  return worst;
}

Status Upkeep::write_uses() {
  const auto uses = verifier_.uses().take_uses();
  if (!uses.empty()) TRY_VOID(ledger_.note_uses(uses));
  const auto days = watch_.usage().take();
  if (!days.empty()) TRY_VOID(ledger_.note_days(days));
  const auto quotas = verifier_.take_quotas();
  return quotas.empty() ? Status() : ledger_.note_quotas(quotas);
}

Result<bool> Upkeep::purge(Instant now) {
  TRY(const auto gone, ledger_.purge(now - kClockSteps, now - kKeepEnded, kPurgeStep));
  return gone.all() >= kPurgeStep;
}

}  // namespace jeton::watch
