#include "authority/leaks/leaks.h"

#include <map>

#include "authority/mint/handle.h"
#include "blocks/json/writer.h"
#include "formats/opaque/token.h"

namespace jeton::leaks {
namespace {

constexpr std::size_t kLongestPlace = 512, kLongestSource = 64;
// So many alerts a call; the rest stand in the audit alone, and one alert says so.
constexpr std::size_t kAlertsACall = 100;

}  // namespace

std::string_view name(Found found) {
  switch (found) {
    case Found::NotOurs:
      return "not_ours";
    case Found::Told:
      return "told";
    case Found::Revoked:
      return "revoked";
    case Found::Ended:
      return "ended_before";
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
  const auto of = [](const ledger::Token& t) { return Known{t.id, t.kind, false, t.expires, t.principal}; };
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
  return std::optional(Known{d.token->id(), d.token->signed_token() ? opaque::Kind::At : d.token->kind(),
                             d.token->signed_token(), d.token->expires(), d.token->principal()});
}

Status Leaks::tell(const Known& known, const Report& report, Found found, const audit::Doing& doing) {
  ledger::Alert alert;
  alert.rule = "leaked";
  alert.severity = ledger::Severity::Critical;
  alert.token = known.id;
  alert.family = known.id;
  alert.principal = known.principal;
  json::Writer w(alert.evidence);
  w.object()
      .member("token", known.id.text())
      .member("kind", opaque::name(known.kind))
      .member("found", place(report.url, report.token));
  w.member("source", place(report.source.substr(0, kLongestSource), report.token))
      .member("done", name(found));
  w.member("advice", found == Found::Told
                         ? "rotate or revoke the token, and take it out of where it was found"
                         : "put a new token where this one was needed")
      .end_object();
  TRY(const auto token, known.is_signed ? std::optional<ledger::Token>() : ledger_.token(known.id));
  if (token) alert.family = token->family;
  return alerts_.raise(std::move(alert), doing.now);
}

Result<Found> Leaks::act(const Known& known, const Report& report, const policy::Settings& settings,
                         const audit::Doing& doing) {
  TRY(const auto token, known.is_signed ? std::optional<ledger::Token>() : ledger_.token(known.id));
  const bool ended = token && token->ended;
  const bool revoke = !ended && policy::leak_action(settings, known.kind) == policy::LeakAction::Revoke;
  const auto found = ended ? Found::Ended : revoke ? Found::Revoked : Found::Told;
  std::string detail;
  json::Writer(detail)
      .object()
      .member("found", place(report.url, report.token))
      .member("source", place(report.source.substr(0, kLongestSource), report.token))
      .member("done", name(found))
      .end_object();
  std::vector<ledger::Change> changes;
  if (revoke && known.is_signed) {
    changes.emplace_back(
        ledger::RevokeJwt{{known.id, known.expires.value_or(doing.now + Seconds(86400)), doing.now}});
    changes.emplace_back(
        ledger::EndTokens{ledger::TokensOf(known.id), ledger::EndReason::Leaked, "leaked", doing.now});
  } else if (revoke) {
    changes.emplace_back(
        ledger::EndTokens{ledger::TokensOf(known.id), ledger::EndReason::Leaked, "leaked", doing.now});
  }
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
    if (acted.size() > kAlertsACall)
      ++untold;
    else
      TRY_VOID(tell(*known, report, found, doing));
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
