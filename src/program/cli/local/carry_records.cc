// Who may act, and from where: as the ledger had it that is replaced.
#include <algorithm>

#include "authority/ledger/pages.h"
#include "authority/networks/networks.h"
#include "program/cli/local/carry_steps.h"

namespace jeton::cli {

using namespace ledger;

namespace {

template <class T>
void add_missing(std::vector<T>& to, const std::vector<T>& from) {
  for (const auto& one : from)
    if (std::find(to.begin(), to.end(), one) == to.end()) to.push_back(one);
}

// The record as it was; its name, which may be another's by now, and its place in the order of changes are the restored one's.
template <class Record>
Record as_before(const Record& old, const Record& restored) {
  Record next = old;
  next.name = restored.name;
  next.version = restored.version;
  next.network = stricter(old.network, restored.network);
  return next;
}

// What was disabled in either is no better.
template <class Record>
std::optional<Record> party(const std::optional<Record>& old, const Record& restored) {
  if (old && old->version == restored.version) return std::nullopt;
  Record next = old ? as_before(*old, restored) : restored;
  next.standing = std::max(old ? old->standing : Standing::Deleted, restored.standing);
  return next;
}

bool starts_with_any(std::string_view name, std::initializer_list<std::string_view> prefixes) {
  return std::ranges::any_of(prefixes, [&](std::string_view prefix) { return name.starts_with(prefix); });
}

}  // namespace

NetworkRule stricter(const NetworkRule& newer, const NetworkRule& older) {
  NetworkRule out = newer;
  if (out.allow.empty() && out.allow_words.empty()) out.allow = older.allow, out.allow_words = older.allow_words;
  add_missing(out.deny, older.deny), add_missing(out.deny_words, older.deny_words);
  return out;
}

Result<std::size_t> carry_principals(Ledger& before, Ledger& restored) {
  std::vector<ledger::Change> changes;
  for (const auto kind : {PrincipalKind::User, PrincipalKind::Service}) {
    TRY_VOID(ledger::each_of<PrincipalId>([&](const auto& page) { return restored.principals(kind, page); },
                                          [&](Principal& p) -> Status {
                                            TRY(const auto old, before.principal(p.id));
                                            if (auto next = party(old, p)) changes.push_back(Update<Principal>{*std::move(next)});
                                            return {};
                                          }));
  }
  return commit_all(restored, std::move(changes));
}

Result<std::size_t> carry_devices(Ledger& before, Ledger& restored, Instant now) {
  std::vector<ledger::Change> changes;
  TRY_VOID(ledger::each_of<DeviceId>([&](const auto& page) { return restored.devices(std::nullopt, page); },
                                     [&](Device& d) -> Status {
                                       TRY(const auto old, before.device(d.id));
                                       if (old && old->version == d.version) return {};
                                       Device next = old ? as_before(*old, d) : d;
                                       if (!old) next.revoked = d.revoked.value_or(now);
                                       else if (!next.revoked) next.revoked = d.revoked;
                                       changes.push_back(Update<Device>{std::move(next)});
                                       return {};
                                     }));
  return commit_all(restored, std::move(changes));
}

// Its secrets, keys, redirects and scopes too: what was taken from it since does not come back.
Result<std::size_t> carry_clients(Ledger& before, Ledger& restored) {
  std::vector<ledger::Change> changes;
  TRY_VOID(ledger::each_of<ClientId>([&](const auto& page) { return restored.clients(page); },
                                     [&](Client& c) -> Status {
                                       TRY(const auto old, before.client(c.id));
                                       if (auto next = party(old, c)) changes.push_back(Update<Client>{*std::move(next)});
                                       return {};
                                     }));
  return commit_all(restored, std::move(changes));
}

Result<std::size_t> carry_apis(Ledger& before, Ledger& restored, Instant now) {
  std::vector<ledger::Change> changes;
  TRY_VOID(ledger::each_of<ApiId>([&](const auto& page) { return restored.apis(page); },
                                  [&](Api& a) -> Status {
                                    TRY(const auto old, before.api(a.id));
                                    if (old && old->version == a.version) return {};
                                    if (!old || old->deleted) {
                                      a.deleted = old ? *old->deleted : now;
                                    } else {
                                      a.network = stricter(old->network, a.network);
                                      a.scopes = old->scopes, a.routes = old->routes, a.limits = old->limits,
                                      a.access_ttl = old->access_ttl;
                                    }
                                    changes.push_back(Update<Api>{std::move(a)});
                                    return {};
                                  }));
  return commit_all(restored, std::move(changes));
}

// A rule that was deleted since is there again: it keeps somebody out, and its operator can see it.
Result<std::size_t> carry_rules(Ledger& before, Ledger& restored) {
  std::vector<ledger::Change> changes;
  TRY(const auto rules, before.rules());
  for (auto rule : rules) {
    TRY(const auto there, restored.rule(rule.id));
    if (there && there->version == rule.version) continue;
    rule.version = there ? there->version : 1;
    if (there) changes.push_back(Update<Rule>{std::move(rule)});
    else changes.push_back(Insert<Rule>{std::move(rule)});
  }
  return commit_all(restored, std::move(changes));
}

// What an operator sets: the policy, named networks, who SAML is spoken with. A named network is never taken away, an older rule may name it.
Result<std::size_t> carry_settings(Ledger& before, Ledger& restored) {
  constexpr std::string_view kPolicy = "policy.", kProviders = "saml.idp.", kSites = "saml.sp.";
  std::vector<ledger::Change> changes;
  TRY(const auto now_there, restored.settings());
  TRY(const auto then, before.settings());
  const auto find = [](const std::vector<Setting>& in, const std::string& name) {
    return std::ranges::find_if(in, [&](const Setting& s) { return s.name == name; });
  };
  for (const auto& s : then) {
    if (!starts_with_any(s.name, {kPolicy, kProviders, kSites, networks::kPrefix})) continue;
    if (s.value.empty() && s.name.starts_with(networks::kPrefix)) continue;
    const auto there = find(now_there, s.name);
    if (there == now_there.end() || there->value != s.value) changes.push_back(PutSetting{{s.name, s.value, 0}});
  }
  for (const auto& s : now_there)
    if (starts_with_any(s.name, {kProviders, kSites}) && find(then, s.name) == then.end()) changes.push_back(PutSetting{{s.name, "", 0}});
  return commit_all(restored, std::move(changes));
}

// Nobody is told of anything whom the operator had taken off.
Result<std::size_t> carry_outside(Ledger& before, Ledger& restored) {
  std::vector<ledger::Change> changes;
  TRY_VOID(ledger::each_of<WebhookId>([&](const auto& page) { return restored.webhooks(page); },
                                      [&](Webhook& w) -> Status {
                                        TRY(const auto old, before.webhook(w.id));
                                        if (!old) changes.push_back(w.id);
                                        else if (old->standing > w.standing)
                                          w.standing = old->standing, changes.push_back(Update<Webhook>{w});
                                        return {};
                                      }));
  TRY_VOID(ledger::each_of<StreamId>([&](const auto& page) { return restored.streams(page); },
                                     [&](Stream& s) -> Status {
                                       TRY(const auto old, before.stream(s.id));
                                       if (!old) changes.push_back(s.id);
                                       return {};
                                     }));
  return commit_all(restored, std::move(changes));
}

}  // namespace jeton::cli
