// Credits: what is left of the calls that were granted, and granting more.
#include "authority/limits/credits.h"

#include <algorithm>

#include "authority/limits/limit.h"
#include "protocols/admin/body.h"
#include "protocols/admin/render.h"

namespace jeton::protocols::admin {
namespace {

// Whose balance is asked for, and what stands in its record.
struct Balance {
  limits::Holder holder;
  limits::Level level;
  Ulid id;
  std::string limits;
};

using Find = Result<Balance> (*)(Call&);

Result<Balance> of_token(Call& call) {
  const auto id = TokenId::parse(call.id);
  if (!id) return refuse(Refusal::NotFound, "no such token");
  TRY(auto token, call.rooms.tokens.find(*id));
  return Balance{token.id, limits::Level::Token, token.id.ulid(), std::move(token.limits)};
}

template <PrincipalKind kKind>
Result<Balance> of_principal(Call& call) {
  TRY(auto p, call.rooms.principals.find(kKind, call.id));
  return Balance{p.id, limits::Level::Principal, p.id.ulid(), std::move(p.limits)};
}

Result<Balance> of_client(Call& call) {
  const auto id = ClientId::parse(call.id);
  if (!id) return refuse(Refusal::NotFound, "no such client");
  TRY(auto client, call.rooms.clients.find(*id));
  return Balance{client.id, limits::Level::Client, client.id.ulid(), std::move(client.limits)};
}

Result<Balance> of_api(Call& call) {
  TRY(auto api, call.rooms.apis.find(call.id));
  return Balance{api.id, limits::Level::Api, api.id.ulid(), std::move(api.limits)};
}

// Null where there are no credits, and calls are not counted against any.
void render(json::Writer& w, std::uint64_t granted, std::uint64_t spent) {
  w.object().key("granted");
  granted != 0 ? w.number(static_cast<std::int64_t>(granted)) : w.null();
  w.member("spent", static_cast<std::int64_t>(spent)).key("left");
  granted != 0 ? w.number(static_cast<std::int64_t>(granted - std::min(granted, spent))) : w.null();
  w.end_object();
}

Status show(Call& call, Find find) {
  TRY(const auto b, find(call));
  TRY(const auto limit, limits::Limit::parse(std::string_view(b.limits)));
  call.response.field("Content-Type", "application/json");
  call.response.field("Cache-Control", "no-store");
  json::Writer w(call.response.body);
  render(w, limit.credits, call.rooms.verifier.credits_spent(b.level, b.id));
  return {};
}

Status add(Call& call, Find find) {
  TRY(const auto body, Body::parse(call.request.body, {"add"}));
  const auto* more = body.find("add");
  const auto number = more == nullptr ? std::nullopt : more->integer();
  if (!number || *number < 1) return refuse(Refusal::Invalid, "add: a number from 1 to 1000000000");
  TRY(const auto b, find(call));
  std::string text;
  // The answer is kept in the same commit: asked again under its key, nothing is granted twice.
  const auto with = [&](const std::uint64_t& granted) -> Result<std::vector<ledger::Change>> {
    text.clear();
    json::Writer w(text);
    render(w, granted, call.rooms.verifier.credits_spent(b.level, b.id));
    std::vector<ledger::Change> kept;
    if (!call.answer_key) return kept;
    TRY(auto change, call.rooms.answers.keep(*call.answer_key, as_bytes("\n" + text), call.now));
    kept.push_back(std::move(change));
    return kept;
  };
  TRY_VOID(limits::add_credits(call.rooms.ledger, call.rooms.entropy, b.holder, static_cast<std::uint64_t>(*number), call.doing(), with));
  call.answer_kept = call.answer_key.has_value();
  call.response.status = 201;
  call.response.field("Content-Type", "application/json");
  call.response.field("Cache-Control", "no-store");
  call.response.body = std::move(text);
  return {};
}

}  // namespace

Status show_token_credits(Call& call) { return show(call, of_token); }
Status add_token_credits(Call& call) { return add(call, of_token); }
Status show_user_credits(Call& call) { return show(call, of_principal<PrincipalKind::User>); }
Status add_user_credits(Call& call) { return add(call, of_principal<PrincipalKind::User>); }
Status show_service_credits(Call& call) { return show(call, of_principal<PrincipalKind::Service>); }
Status add_service_credits(Call& call) { return add(call, of_principal<PrincipalKind::Service>); }
Status show_client_credits(Call& call) { return show(call, of_client); }
Status add_client_credits(Call& call) { return add(call, of_client); }
Status show_api_credits(Call& call) { return show(call, of_api); }
Status add_api_credits(Call& call) { return add(call, of_api); }

}  // namespace jeton::protocols::admin
