#include "authority/principals/principals.h"

#include "authority/policy/names.h"

namespace jeton::principals {
namespace {

Status check(ledger::Principal& p) {
  TRY_VOID(policy::good_name(p.name));
  TRY_VOID(policy::good_email(p.email));
  TRY_VOID(policy::good_network(p.network));
  TRY(p.metadata, policy::canonical(std::move(p.metadata)));
  return {};
}

std::string_view noun(PrincipalKind kind) { return kind == PrincipalKind::User ? "user" : "service"; }
std::string action(PrincipalKind kind, std::string_view verb) { return std::string(noun(kind)) + "." + std::string(verb); }

Result<ledger::Principal> existing(ledger::Ledger& ledger, const PrincipalId& id) {
  TRY(auto p, ledger.principal(id));
  if (!p || p->standing == ledger::Standing::Deleted) return refuse(Refusal::NotFound, "no such user or service account");
  return *std::move(p);
}

}  // namespace

Result<ledger::Principal> Principals::create(PrincipalKind kind, ledger::Principal draft, const audit::Doing& doing,
                                             const audit::With<ledger::Principal>& with) {
  TRY_VOID(check(draft));
  TRY(draft.id, PrincipalId::make(kind, doing.now, entropy_));
  draft.created = draft.updated = doing.now;
  draft.version = 1;
  TRY(auto event, audit::event(doing, action(kind, "create"), draft.id.text(), entropy_));
  TRY(auto changes, audit::together({ledger::Insert<ledger::Principal>{draft}, std::move(event)}, with, draft));
  TRY_VOID(ledger_.commit(std::move(changes)));
  return draft;
}

Result<ledger::Principal> Principals::update(ledger::Principal changed, const audit::Doing& doing) {
  TRY_VOID(check(changed));
  changed.updated = doing.now;
  TRY(auto event, audit::event(doing, action(changed.id.kind(), "update"), changed.id.text(), entropy_));
  TRY_VOID(ledger_.commit({ledger::Update<ledger::Principal>{changed}, std::move(event)}));
  ++changed.version;
  return changed;
}

Result<ledger::Principal> Principals::set_standing(const PrincipalId& id, ledger::Standing standing, const audit::Doing& doing) {
  TRY(auto p, existing(ledger_, id));
  if (p.standing == standing) return p;
  p.standing = standing;
  p.updated = doing.now;
  const auto verb = standing == ledger::Standing::Active ? "enable" : "disable";
  TRY(auto event, audit::event(doing, action(id.kind(), verb), id.text(), entropy_));
  TRY_VOID(ledger_.commit({ledger::Update<ledger::Principal>{p}, std::move(event)}));
  ++p.version;
  return p;
}

Status Principals::remove(const PrincipalId& id, const audit::Doing& doing) {
  TRY(auto p, existing(ledger_, id));
  p.standing = ledger::Standing::Deleted;
  p.updated = doing.now;
  TRY(auto event, audit::event(doing, action(id.kind(), "delete"), id.text(), entropy_));
  TRY_VOID(ledger_.commit({ledger::Update<ledger::Principal>{p},
                           ledger::EndTokens{ledger::TokensOf(id), ledger::EndReason::PrincipalEnded, {}, doing.now}, std::move(event)}));
  return {};
}

Result<ledger::Principal> Principals::find(PrincipalKind kind, std::string_view called) {
  if (const auto id = PrincipalId::parse(called)) {
    if (id->kind() == kind) return existing(ledger_, *id);
  } else {
    TRY(auto p, ledger_.principal_named(kind, called));
    if (p) return *std::move(p);
  }
  return refuse(Refusal::NotFound, kind == PrincipalKind::User ? "no such user" : "no such service account");
}

Result<ledger::Principal> Principals::find(std::string_view called) {
  if (const auto id = PrincipalId::parse(called)) return existing(ledger_, *id);
  auto user = find(PrincipalKind::User, called);
  if (user || !user.error().is(Refusal::NotFound)) return user;
  return find(PrincipalKind::Service, called);
}

}  // namespace jeton::principals
