// Tokens that are kept out for a while, and what is known of their use.
#include "authority/personal/holds.h"
#include "authority/policy/names.h"
#include "protocols/admin/body.h"
#include "protocols/admin/render.h"

namespace jeton::protocols::admin {
namespace {

Status hold(Call& call, ledger::Hold to) {
  TRY(const auto body, Body::parse(call.request.body, {"reason"}));
  TRY(const auto reason, body.text("reason"));
  TRY_VOID(policy::good_label(reason.value_or("")));
  const auto id = TokenId::parse(call.id);
  if (!id) return refuse(Refusal::NotFound, "no such token");
  TRY(const auto token, personal::hold(call.rooms.ledger, call.rooms.entropy, *id, to, reason.value_or(""), call.doing()));
  if (to == ledger::Hold::None) call.rooms.verifier.unthrottle(*id);
  const auto api = call.rooms.ledger.api(token.api);
  call.response.field("Content-Type", "application/json");
  call.response.field("Cache-Control", "no-store");
  json::Writer w(call.response.body);
  open_token(w, token, api && *api ? (*api)->name : std::string(), call.now);
  w.end_object();
  return {};
}

}  // namespace

Status quarantine_token(Call& call) { return hold(call, ledger::Hold::Quarantined); }

// To let a management token in again takes what it can do.
Status release_token(Call& call) {
  const auto id = TokenId::parse(call.id);
  if (!id) return refuse(Refusal::NotFound, "no such token");
  TRY(const auto token, call.rooms.tokens.find(*id));
  TRY_VOID(no_way_up(call, token));
  return hold(call, ledger::Hold::None);
}

Status list_token_uses(Call& call) {
  TRY_VOID(Query::parse(call.request.query, {}));
  const auto id = TokenId::parse(call.id);
  if (!id) return refuse(Refusal::NotFound, "no such token");
  TRY_VOID(call.rooms.tokens.find(*id));
  // Where nothing can be written just now, what is there can still be looked at.
  (void)call.rooms.upkeep.act_on_events(call.now);
  (void)call.rooms.upkeep.write_uses();
  TRY(const auto days, call.rooms.ledger.days_of(*id));
  call.response.field("Content-Type", "application/json");
  call.response.field("Cache-Control", "no-store");
  json::Writer w(call.response.body);
  w.object().key("items").array();
  for (const auto& d : days) {
    const auto network =
        d.network.is_none() ? std::string() : net::Prefix{d.network, static_cast<std::uint8_t>(d.network.is_v4() ? 24 : 48)}.text();
    w.object()
        .member("day", to_rfc3339(Instant::from_seconds(d.day * 86400LL)).substr(0, 10))
        .member("count", static_cast<std::int64_t>(d.count));
    w.member("last", to_rfc3339(d.last)).optional("network", network).optional("agent", d.agent).end_object();
  }
  w.end_array().key("next").null().end_object();
  return {};
}

}  // namespace jeton::protocols::admin
