#include "program/cli/local/carry.h"

#include <algorithm>
#include <functional>
#include <set>

namespace jeton::cli {
namespace {

using namespace ledger;

// Tokens of the ledger that live, each with its version.
class Living final : public TokenVisitor {
 public:
  bool visit(const Token& token) override {
    if (!token.ended) all.emplace_back(token.id, token.version);
    return true;
  }
  std::vector<std::pair<TokenId, Version>> all;
};

constexpr std::size_t kAtOnce = 500;

// Commits the changes in parts that no reader has to wait for.
Status commit_all(Ledger& ledger, std::vector<Change> changes) {
  for (std::size_t from = 0; from < changes.size(); from += kAtOnce) {
    const auto to = std::min(changes.size(), from + kAtOnce);
    std::vector<Change> part(std::make_move_iterator(changes.begin() + static_cast<std::ptrdiff_t>(from)),
                             std::make_move_iterator(changes.begin() + static_cast<std::ptrdiff_t>(to)));
    TRY_VOID(ledger.commit(std::move(part)));
  }
  return {};
}

// Every record of a listing, page by page.
template <class Record, class Id>
Status each(const std::function<Result<std::vector<Record>>(const PageOf<Id>&)>& page_of, const std::function<Status(Record&)>& act) {
  PageOf<Id> page{.before = std::nullopt, .limit = 1000};
  for (;;) {
    TRY(auto some, page_of(page));
    for (auto& record : some) TRY_VOID(act(record));
    if (some.size() < page.limit) return {};
    page.before = some.back().id;
  }
}

Result<std::size_t> carry_tokens(Ledger& before, Ledger& restored, Instant now) {
  Living living;
  TRY_VOID(restored.scan_tokens(living));
  std::vector<Change> changes;
  for (const auto& [id, version] : living.all) {
    TRY(auto old, before.token(id));
    // One that is gone had ended before it went.
    if (!old || old->ended) {
      changes.push_back(EndTokens{TokensOf(id), old ? old->end_reason : EndReason::Revoked, "ended before the restore", now});
    } else if (old->version != version) {
      // Rotated, held or narrowed since.
      old->version = version;
      changes.push_back(Update<Token>{*std::move(old)});
    }
  }
  const auto count = changes.size();
  TRY(const auto jwts, before.revoked_jwts(now));
  for (const auto& jwt : jwts) changes.push_back(RevokeJwt{jwt});
  TRY_VOID(commit_all(restored, std::move(changes)));
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
  std::vector<Change> changes;
  for (const auto& id : renewed) {
    TRY(const auto grant, restored.token(id));
    if (grant && !grant->ended) changes.push_back(EndTokens{TokensOf(id), EndReason::Revoked, "renewed before the restore", now});
  }
  const auto count = changes.size();
  TRY_VOID(commit_all(restored, std::move(changes)));
  return count;
}

Result<std::size_t> carry_principals(Ledger& before, Ledger& restored) {
  std::vector<Change> changes;
  for (const auto kind : {PrincipalKind::User, PrincipalKind::Service}) {
    TRY_VOID((each<Principal, PrincipalId>([&](const auto& page) { return restored.principals(kind, page); },
                                           [&](Principal& p) -> Status {
                                             TRY(const auto old, before.principal(p.id));
                                             const auto standing = old ? old->standing : Standing::Deleted;
                                             if (standing > p.standing) p.standing = standing, changes.push_back(Update<Principal>{p});
                                             return {};
                                           })));
  }
  const auto count = changes.size();
  TRY_VOID(commit_all(restored, std::move(changes)));
  return count;
}

Result<std::size_t> carry_devices(Ledger& before, Ledger& restored, Instant now) {
  std::vector<Change> changes;
  TRY_VOID((each<Device, DeviceId>([&](const auto& page) { return restored.devices(std::nullopt, page); },
                                   [&](Device& d) -> Status {
                                     TRY(const auto old, before.device(d.id));
                                     const bool gone = !old || old->revoked;
                                     if (gone && !d.revoked) d.revoked = old ? old->revoked : now, changes.push_back(Update<Device>{d});
                                     return {};
                                   })));
  const auto count = changes.size();
  TRY_VOID(commit_all(restored, std::move(changes)));
  return count;
}

bool same_secrets(const std::vector<ClientSecret>& a, const std::vector<ClientSecret>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const ClientSecret& x, const ClientSecret& y) { return x.hash == y.hash && x.ends == y.ends; });
}

Result<std::size_t> carry_clients(Ledger& before, Ledger& restored) {
  std::vector<Change> changes;
  TRY_VOID((each<Client, ClientId>([&](const auto& page) { return restored.clients(page); },
                                   [&](Client& c) -> Status {
                                     TRY(const auto old, before.client(c.id));
                                     const auto standing = old ? old->standing : Standing::Deleted;
                                     const bool worse = standing > c.standing;
                                     if (worse) c.standing = standing;
    // A secret that has gone since, or was to end earlier, does not come back.
                                     const bool fewer = old && !same_secrets(old->secrets, c.secrets);
                                     if (fewer) c.secrets = old->secrets;
                                     if (worse || fewer) changes.push_back(Update<Client>{c});
                                     return {};
                                   })));
  const auto count = changes.size();
  TRY_VOID(commit_all(restored, std::move(changes)));
  return count;
}

Result<std::size_t> carry_keys(Ledger& before, Ledger& restored) {
  std::vector<Change> changes;
  TRY(const auto keys, restored.keys());
  for (const auto& key : keys) {
    TRY(auto old, before.key(key.id));
    if (!old || old->state <= key.state) continue;
    old->version = key.version;
    changes.push_back(Update<SigningKey>{*std::move(old)});
  }
  const auto count = changes.size();
  TRY_VOID(commit_all(restored, std::move(changes)));
  return count;
}

}  // namespace

Result<Carried> carry_endings(Ledger& before, Ledger& restored, Instant now) {
  Carried carried;
  TRY(carried.tokens, carry_tokens(before, restored, now));
  TRY(carried.grants, carry_renewals(before, restored, now));
  TRY(carried.principals, carry_principals(before, restored));
  TRY(carried.devices, carry_devices(before, restored, now));
  TRY(carried.clients, carry_clients(before, restored));
  TRY(carried.keys, carry_keys(before, restored));
  return carried;
}

Result<std::size_t> end_all_tokens(Ledger& restored, Instant now) {
  Living living;
  TRY_VOID(restored.scan_tokens(living));
  std::vector<Change> changes;
  for (const auto& [id, version] : living.all) changes.push_back(EndTokens{TokensOf(id), EndReason::Revoked, "ended by the restore", now});
  TRY_VOID(commit_all(restored, std::move(changes)));
  return living.all.size();
}

}  // namespace jeton::cli
