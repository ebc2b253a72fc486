#include "authority/leaks/leaks.h"

#include <map>

#include "authority/mint/handle.h"
#include "authority/personal/holds.h"
#include "blocks/json/writer.h"
#include "formats/opaque/token.h"

namespace jeton::leaks {
namespace {

constexpr std::size_t kLongestPlace = 512, kLongestSource = 64;
// So many alerts a call; the rest stand in the audit alone, and one alert says so.
constexpr std::size_t kAlertsACall = 100;

std::string_view advice(Found found) {
  if (found == Found::Told) return "rotate or revoke the token, and take it out of where it was found";
  if (found == Found::Quarantined)
    return "put a new token where this one was needed; then revoke it, or release it where nobody else saw it";
  return "put a new token where this one was needed";
}

}  // namespace

std::string_view name(Found found) {
  switch (found) {
    case Found::NotOurs: return "not_ours";
    case Found::Told: return "told";
    case Found::Quarantined: return "quarantined";
    case Found::Revoked: return "revoked";
    case Found::Ended: return "ended_before";
  }
  return {};
}

std::string place(std::string_view url, std::string_view token) {
  url = url.substr(0, url.find('?'));
  std::string out;
  for (std::size_t i = 0; i < url.size() && out.size() < kLongestPlace; ++i) {
    if (token.size() >= 8 && url.substr(i).starts_with(token)) {
      out += "...";
      i += token.size() - 1;
      continue;
    }
    out += url[i] > 0x20 && url[i] < 0x7f ? url[i] : '_';
  }
  // A user and a password in an address are nobody's business either.
  const auto scheme = out.find("://");
  const auto host = scheme == std::string::npos ? std::string::npos : scheme + 3;
  if (host != std::string::npos) {
    const auto at = out.substr(host, out.find('/', host) - host).rfind('@');
    if (at != std::string::npos) out.erase(host, at + 1);
  }
  return out;
}

Result<std::optional<Leaks::Known>> Leaks::look_up(const Report& report, Instant now) {
  const auto of = [](const ledger::Token& t) { return Known{t.id, t.kind, false, t.expires, t.principal, {}}; };
  if (report.id) {
    TRY(const auto token, ledger_.token(*report.id));
    return token ? std::optional(of(*token)) : std::nullopt;
  }
  const auto shape = opaque::parse(report.token);
  if (shape && shape->kind == opaque::Kind::Rt) {
    // A refresh token stands for its grant.
    TRY(const auto ticket, mint::find_ticket(ledger_, peppers_, opaque::Kind::Rt, report.token));
    if (!ticket || ticket->token.none()) return std::optional<Known>();
    TRY(const auto grant, ledger_.token(ticket->token));
    return grant ? std::optional(of(*grant)) : std::nullopt;
  }
  // No trace: who reports a token does not use it.
  const verify::Reading reading(verifier_);
  const auto d = reading.judge(report.token, {}, now);
  if (!d.token) {
    if (d.reason == verify::Reason::Unavailable) return fault(Fault::StoreUnavailable);
    return std::optional<Known>();
  }
  return std::optional(Known{d.token->id(), d.token->signed_token() ? opaque::Kind::At : d.token->kind(), d.token->signed_token(),
                             d.token->expires(), d.token->principal(), d.token->parent()});
}

Status Leaks::tell(const Known& known, const Report& report, Found found, const audit::Doing& doing) {
  ledger::Alert alert;
  alert.rule = "leaked";
  alert.severity = ledger::Severity::Critical;
  alert.token = known.id;
  alert.family = known.id;
  alert.principal = known.principal;
  json::Writer w(alert.evidence);
  w.object().member("token", known.id.text()).member("kind", opaque::name(known.kind)).member("found", place(report.url, report.token));
  w.member("source", place(report.source.substr(0, kLongestSource), report.token)).member("done", name(found));
  w.member("advice", advice(found)).end_object();
  TRY(const auto token, known.is_signed ? std::optional<ledger::Token>() : ledger_.token(known.id));
  if (token) alert.family = token->family;
  return alerts_.raise(std::move(alert), doing.now);
}

// A signed token is kept out by what it came of: nothing else of it can be held.
Result<Found> Leaks::quarantine(const Known& known, const audit::Doing& doing) {
  const auto held =
      personal::hold(ledger_, entropy_, known.is_signed ? known.parent : known.id, ledger::Hold::Quarantined, "leaked", doing);
  if (held) return Found::Quarantined;
  if (held.error().is(Refusal::Conflict)) return Found::Ended;
  return std::unexpected(held.error());
}

std::vector<ledger::Change> Leaks::endings(const Known& known, Instant now) {
  std::vector<ledger::Change> changes;
  if (known.is_signed) changes.emplace_back(ledger::RevokeJwt{{known.id, known.expires.value_or(now + Seconds(86400)), now}});
  changes.emplace_back(ledger::EndTokens{ledger::TokensOf(known.id), ledger::EndReason::Leaked, "leaked", now});
  return changes;
}

Result<Found> Leaks::act(const Known& known, const Report& report, const policy::Settings& settings, const audit::Doing& doing) {
  TRY(const auto token, known.is_signed ? std::optional<ledger::Token>() : ledger_.token(known.id));
  const auto action = policy::leak_action(settings, known.kind);
  auto found = action == policy::LeakAction::Revoke ? Found::Revoked : Found::Told;
  if (token && token->ended) found = Found::Ended;
  // Before it is on record: a report that fails between the two is taken again.
  if (action == policy::LeakAction::Quarantine && found != Found::Ended) { TRY(found, quarantine(known, doing)); }
  std::string detail;
  json::Writer(detail)
      .object()
      .member("found", place(report.url, report.token))
      .member("source", place(report.source.substr(0, kLongestSource), report.token))
      .member("done", name(found))
      .end_object();
  std::vector<ledger::Change> changes;
  if (found == Found::Revoked) changes = endings(known, doing.now);
  TRY(auto event, audit::event(doing, "token.leak", known.id.text(), entropy_, std::move(detail)));
  changes.push_back(std::move(event));
  TRY_VOID(ledger_.commit(std::move(changes)));
  return found;
}

Result<std::vector<Found>> Leaks::take(std::span<const Report> reports, const audit::Doing& doing) {
  std::vector<Found> out;
  out.reserve(reports.size());
  TRY(const auto settings, policy::read_settings(ledger_));
  std::map<TokenId, Found> acted;
  std::size_t untold = 0;
  for (const auto& report : reports) {
    TRY(const auto known, look_up(report, doing.now));
    if (!known) {
      out.push_back(Found::NotOurs);
      continue;
    }
    const auto before = acted.find(known->id);
    if (before != acted.end()) {
      out.push_back(before->second);
      continue;
    }
    TRY(const auto found, act(*known, report, settings, doing));
    acted.emplace(known->id, found);
    out.push_back(found);
    if (acted.size() > kAlertsACall) ++untold;
    else TRY_VOID(tell(*known, report, found, doing));
  }
  if (untold == 0) return out;
  ledger::Alert flood;
  flood.rule = "alert_flood";
  flood.severity = ledger::Severity::Critical;
  flood.evidence = "{\"held_back\":" + std::to_string(untold) + ",\"rule\":\"leaked\"}";
  TRY_VOID(alerts_.raise(std::move(flood), doing.now));
  return out;
}

}  // namespace jeton::leaks
