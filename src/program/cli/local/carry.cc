#include "program/cli/local/carry.h"

#include <algorithm>
#include <set>

#include "program/cli/local/carry_steps.h"

namespace jeton::cli {

using namespace ledger;

namespace {

// Tokens of the ledger that live, each with its version.
class Living final : public TokenVisitor {
 public:
  bool visit(const Token& token) override {
    if (!token.ended) all.emplace_back(token.id, token.version);
    return true;
  }
  std::vector<std::pair<TokenId, Version>> all;
};

Result<std::size_t> carry_tokens(Ledger& before, Ledger& restored, Instant now) {
  Living living;
  TRY_VOID(restored.scan_tokens(living));
  std::vector<ledger::Change> changes;
  for (const auto& [id, version] : living.all) {
    TRY(auto old, before.token(id));
    // One that is gone had ended before it went.
    if (!old || old->ended) {
      changes.push_back(EndTokens{TokensOf(id), old ? old->end_reason : EndReason::Revoked, "ended before the restore", now});
    } else if (old->version != version) {
      // Rotated, held or narrowed since.
      TRY(const auto mine, restored.token(id));
      old->version = version;
      if (mine) old->network = stricter(old->network, mine->network);
      changes.push_back(Update<Token>{*std::move(old)});
    }
  }
  TRY(const auto count, commit_all(restored, std::move(changes)));
  // Also such as have expired by now: the clock may be set back.
  std::vector<ledger::Change> revoked;
  TRY(const auto jwts, before.revoked_jwts(Instant()));
  for (const auto& jwt : jwts) revoked.push_back(RevokeJwt{jwt});
  TRY_VOID(commit_all(restored, std::move(revoked)));
  return count;
}

// The number of the last event that both audits have: the one after which `before` went on.
Result<std::uint64_t> last_common(Ledger& before, Ledger& restored) {
  TRY(const auto last, restored.audit({.before = std::nullopt, .limit = 1}));
  if (last.empty()) return 0;
  TRY(const auto same, before.audit_after(last[0].number - 1, 1));
  return !same.empty() && same[0].id == last[0].id ? last[0].number : 0;
}

// A refresh token is good once. The backup knows nothing of those that were used since: their grants end, for nobody who renews them in
// good faith holds the one that it knows.
Result<std::size_t> carry_renewals(Ledger& before, Ledger& restored, Instant now) {
  std::set<TokenId> renewed;
  TRY(auto number, last_common(before, restored));
  for (;;) {
    TRY(const auto events, before.audit_after(number, 1000));
    for (const auto& event : events) {
      number = event.number;
      if (const auto grant = TokenId::parse(event.target); grant && event.action == "grant.refresh") renewed.insert(*grant);
    }
    if (events.size() < 1000) break;
  }
  std::vector<ledger::Change> changes;
  for (const auto& id : renewed) {
    TRY(const auto grant, restored.token(id));
    if (grant && !grant->ended) changes.push_back(EndTokens{TokensOf(id), EndReason::Revoked, "renewed before the restore", now});
  }
  return commit_all(restored, std::move(changes));
}

// Its state and times alone: what is sealed stays as this ledger's data keys sealed it.
Result<std::size_t> carry_keys(Ledger& before, Ledger& restored) {
  std::vector<ledger::Change> changes;
  TRY(const auto keys, restored.keys());
  for (auto key : keys) {
    TRY(const auto old, before.key(key.id));
    if (!old || old->state <= key.state) continue;
    key.state = old->state;
    key.activated = old->activated, key.retired = old->retired, key.destroyed = old->destroyed;
    if (key.state == KeyState::Destroyed) key.sealed_private.clear();
    changes.push_back(Update<SigningKey>{std::move(key)});
  }
  return commit_all(restored, std::move(changes));
}

}  // namespace

Result<std::size_t> commit_all(Ledger& ledger, std::vector<ledger::Change> changes) {
  constexpr std::size_t kAtOnce = 500;
  for (std::size_t from = 0; from < changes.size(); from += kAtOnce) {
    const auto to = std::min(changes.size(), from + kAtOnce);
    std::vector<ledger::Change> part(std::make_move_iterator(changes.begin() + static_cast<std::ptrdiff_t>(from)),
                                     std::make_move_iterator(changes.begin() + static_cast<std::ptrdiff_t>(to)));
    TRY_VOID(ledger.commit(std::move(part)));
  }
  return changes.size();
}

Result<Carried> carry_endings(const Restoration& restoration, Instant now) {
  auto& before = restoration.before;
  auto& restored = restoration.restored;
  Carried carried;
  TRY(carried.tokens, carry_tokens(before, restored, now));
  TRY(carried.grants, carry_renewals(before, restored, now));
  TRY(carried.settings, carry_settings(before, restored));
  TRY(carried.principals, carry_principals(before, restored));
  TRY(carried.credentials, carry_credentials(restoration));
  TRY(carried.devices, carry_devices(before, restored, now));
  TRY(carried.clients, carry_clients(before, restored));
  TRY(carried.apis, carry_apis(before, restored, now));
  TRY(carried.rules, carry_rules(before, restored));
  TRY(carried.keys, carry_keys(before, restored));
  TRY(carried.outside, carry_outside(before, restored));
  TRY(const auto spent, before.quotas());
  TRY_VOID(restored.note_quotas(spent));
  return carried;
}

Result<std::size_t> end_all_tokens(Ledger& restored, Instant now) {
  Living living;
  TRY_VOID(restored.scan_tokens(living));
  std::vector<ledger::Change> changes;
  for (const auto& [id, version] : living.all) changes.push_back(EndTokens{TokensOf(id), EndReason::Revoked, "ended by the restore", now});
  TRY_VOID(commit_all(restored, std::move(changes)));
  return living.all.size();
}

}  // namespace jeton::cli
