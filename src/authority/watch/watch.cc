#include "authority/watch/watch.h"

#include "authority/verify/opener.h"
#include "blocks/json/writer.h"

namespace jeton::watch {
namespace {

constexpr std::uint32_t kAlertsAMinute = 60;

const audit::Actor& watch_actor() {
  static const audit::Actor actor{.name = "system", .address = {}, .request_id = {}};
  return actor;
}

std::string evidence(const Finding& f) {
  std::string out;
  json::Writer w(out);
  w.object();
  if (!f.token.none()) w.member("token", f.token.text());
  w.optional("address", f.address.text()).member("count", static_cast<std::int64_t>(f.count)).member("advice", info(f.pattern).advice).end_object();
  return out;
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
  alert.severity = info(f.pattern).severity;
  alert.token = f.token;
  if (token) alert.family = token->family, alert.principal = token->principal;
  alert.evidence = evidence(f);
  return alerts_.raise(std::move(alert), now);
}

Status Watch::act(const Finding& f, const policy::Settings& settings, Instant now) {
  const auto& rule = info(f.pattern);
  // What rotation ended is told with what is done about it (upkeep.h).
  if (f.pattern == Pattern::UseAfterRotation || verify::holds_all(settings.watch_mute, rule.name)) return {};
  std::optional<ledger::Token> token;
  if (!f.token.none()) {
    TRY(token, ledger_.token(f.token));
  }
  if (token && !token->ended && verify::holds_all(settings.watch_revoke, rule.name)) {
    const audit::Doing doing{watch_actor(), now};
    TRY(auto record, audit::event(doing, "token.revoke", token->id.text(), entropy_, "{\"rule\":\"" + std::string(rule.name) + "\"}"));
    TRY_VOID(ledger_.commit({ledger::EndTokens{ledger::TokensOf(token->id), ledger::EndReason::Revoked, "watch: " + std::string(rule.name), now},
                             std::move(record)}));
  }
  return within_budget(now) ? raise(f, token, now) : Status();
}

Status Watch::look(Instant now) {
  std::vector<Finding> found;
  for (const auto& s : verifier_.uses().take_seen()) detector_.see({s.at, s.token, {}, s.reason, s.address, s.agent, {}}, found);
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
