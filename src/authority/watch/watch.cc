#include "authority/watch/watch.h"

#include "authority/personal/holds.h"
#include "authority/verify/opener.h"
#include "authority/watch/actions.h"
#include "authority/watch/detect/evidence.h"

namespace jeton::watch {
namespace {

constexpr std::uint32_t kAlertsAMinute = 60;

const audit::Actor& watch_actor() {
  static const audit::Actor actor{.name = "system", .address = {}, .request_id = {}};
  return actor;
}

}  // namespace

bool Watch::within_budget(Instant now) {
  if (raised_.add(static_cast<std::uint32_t>(now.seconds()), 60) <= kAlertsAMinute) return true;
  ++held_back_;
  return false;
}

Status Watch::raise(const Finding& f, const std::optional<ledger::Token>& token, Instant now) {
  ledger::Alert alert;
  alert.rule = info(f.pattern).name;
  alert.severity = severity(f);
  alert.token = f.token;
  if (f.token.none()) alert.principal = f.principal;
  if (token) alert.family = token->family, alert.principal = token->principal;
  alert.evidence = evidence_of(f);
  return alerts_.raise(std::move(alert), now);
}

Status Watch::deal(const ledger::Token& token, std::string_view rule, const policy::Settings& settings, Instant now) {
  const audit::Doing doing{watch_actor(), now};
  auto action = action_for(settings, rule);
  // A login stands behind what a person gave an application.
  if (action == Action::Challenge && (token.client.none() || token.principal.kind() != PrincipalKind::User)) action = Action::Throttle;
  if (action == Action::Throttle) verifier_.throttle(token.id, now + kThrottled);
  if (action == Action::Challenge && token.hold == ledger::Hold::None)
    TRY_VOID(personal::hold(ledger_, entropy_, token.id, ledger::Hold::StepUp, rule, doing));
  if (action == Action::Quarantine) TRY_VOID(personal::hold(ledger_, entropy_, token.id, ledger::Hold::Quarantined, rule, doing));
  if (action != Action::Revoke) return {};
  TRY(auto record, audit::event(doing, "token.revoke", token.id.text(), entropy_, "{\"rule\":\"" + std::string(rule) + "\"}"));
  TRY_VOID(ledger_.commit(
      {ledger::EndTokens{ledger::TokensOf(token.id), ledger::EndReason::Revoked, "watch: " + std::string(rule), now}, std::move(record)}));
  return {};
}

Status Watch::act(const Finding& f, const policy::Settings& settings, Instant now) {
  const auto& rule = info(f.pattern);
  // What rotation ended is told with what is done about it (upkeep.h).
  if (f.pattern == Pattern::UseAfterRotation || verify::holds_all(settings.watch_mute, rule.name)) return {};
  if (!f.token.none() && verify::holds_all(settings.watch_mute, f.token.text())) return {};
  std::optional<ledger::Token> token;
  if (!f.token.none()) { TRY(token, ledger_.token(f.token)); }
  if (token && !token->ended) TRY_VOID(deal(*token, rule.name, settings, now));
  return within_budget(now) ? raise(f, token, now) : Status();
}

Status Watch::look(Instant now) {
  std::vector<Finding> found;
  for (const auto& s : verifier_.uses().take_seen()) {
    usage_.see(s, verifier_.agents());
    const auto place = verifier_.place(s.address);
    detector_.see({s.at,
                   s.token,
                   s.principal,
                   s.reason,
                   s.address,
                   s.agent,
                   {place.country, place.asn, place.located, place.latitude, place.longitude},
                   s.tried},
                  found);
  }
  if (found.empty() && held_back_ == 0) return {};
  TRY(const auto settings, policy::read_settings(ledger_));
  Status worst;
  for (const auto& f : found)
    if (auto done = act(f, settings, now); !done) worst = done;
  if (held_back_ == 0 || now.seconds() - static_cast<std::int64_t>(raised_.start) < 60) return worst;
  ledger::Alert flood;
  flood.rule = "alert_flood";
  flood.severity = ledger::Severity::Critical;
  flood.evidence = "{\"held_back\":" + std::to_string(std::exchange(held_back_, 0)) + "}";
  if (auto done = alerts_.raise(std::move(flood), now); !done) worst = done;
  return worst;
}

}  // namespace jeton::watch
