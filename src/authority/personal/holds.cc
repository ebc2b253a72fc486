#include "authority/personal/holds.h"

#include "blocks/json/writer.h"

namespace jeton::personal {
namespace {

// Somebody else may change the token meanwhile; so often in a row nobody does.
constexpr int kRounds = 8;

std::string_view action(ledger::Hold hold) {
  return hold == ledger::Hold::None ? "token.release" : hold == ledger::Hold::Quarantined ? "token.quarantine" : "token.challenge";
}

Result<ledger::Token> once(ledger::Ledger& ledger, Entropy& entropy, const TokenId& id, ledger::Hold hold, std::string_view reason,
                           const audit::Doing& doing) {
  TRY(auto token, ledger.token(id));
  if (!token) return refuse(Refusal::NotFound, "no such token");
  if (token->ended) return refuse(Refusal::Denied, "the token has ended");
  if (token->hold == hold) return *std::move(token);
  token->hold = hold;
  std::string detail;
  if (!reason.empty()) json::Writer(detail).object().member("reason", reason).end_object();
  TRY(auto event, audit::event(doing, action(hold), id.text(), entropy, std::move(detail)));
  TRY_VOID(ledger.commit({ledger::Update<ledger::Token>{*token}, std::move(event)}));
  ++token->version;
  return *std::move(token);
}

Result<ledger::Token> persist(ledger::Ledger& ledger, Entropy& entropy, const TokenId& id, ledger::Hold hold, std::string_view reason,
                              const audit::Doing& doing) {
  for (int round = 1;; ++round) {
    auto done = once(ledger, entropy, id, hold, reason, doing);
    if (done || round == kRounds || !done.error().is(Refusal::Conflict)) return done;
  }
}

}  // namespace

Result<ledger::Token> hold(ledger::Ledger& ledger, Entropy& entropy, const TokenId& id, ledger::Hold hold, std::string_view reason,
                           const audit::Doing& doing) {
  auto done = persist(ledger, entropy, id, hold, reason, doing);
  if (done && !done->parent.none() && done->kind == opaque::Kind::At) {
    const auto parent = persist(ledger, entropy, done->parent, hold, reason, doing);
    if (!parent && parent.error().is_fault()) return std::unexpected(parent.error());
  }
  if (!done && done.error().is(Refusal::Denied)) return refuse(Refusal::Conflict, "the token has ended");
  return done;
}

}  // namespace jeton::personal
