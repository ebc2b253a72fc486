#include "authority/clients/clients.h"

#include "authority/clients/profile.h"
#include "authority/policy/names.h"
#include "authority/policy/scopes.h"
#include "authority/policy/settings.h"
#include "formats/opaque/token.h"
#include "ground/secret_pass.h"

namespace jeton::clients {
namespace {

// A client that shows who it is by a key has none to lose.
Result<bool> keeps_secrets(const ledger::Client& client) {
  TRY(const auto profile, read_profile(client));
  return confidential(client, profile) && !by_key(profile.auth);
}

Status check(ledger::Client& c) {
  TRY_VOID(policy::good_label(c.name));
  if (c.name.empty()) return refuse(Refusal::Invalid, "name: a client has one");
  TRY_VOID(policy::good_network(c.network));
  TRY(c.scopes, policy::canonical(std::move(c.scopes)));
  if (c.redirects.size() > 20) return refuse(Refusal::Invalid, "redirect_uris: at most 20");
  for (const auto& uri : c.redirects) TRY_VOID(good_redirect(c.type, uri));
  return {};
}

}  // namespace

Result<Secret> Clients::add_secret(ledger::Client& client, Instant now) {
  TRY(const auto settings, policy::read_settings(ledger_));
  TRY(auto secret, opaque::make(settings.brand, opaque::Kind::Cs, entropy_));
  const auto text = as_text(secret.read(Pass::key()));
  const auto peppers = peppers_.snapshot();
  client.secrets.insert(client.secrets.begin(), ledger::ClientSecret{peppers->hash(0, text), peppers->active(),
                                                                     std::string(opaque::parse(text)->hint()), now, std::nullopt});
  if (client.secrets.size() > 2) client.secrets.resize(2);
  return secret;
}

Result<Registered> Clients::create(ledger::Client draft, const audit::Doing& doing, const audit::With<Registered>& with) {
  TRY_VOID(check(draft));
  TRY(draft.id, ClientId::make(doing.now, entropy_));
  draft.created = draft.updated = doing.now;
  draft.version = 1;
  Secret secret;
  TRY(const bool secret_kept, keeps_secrets(draft));
  if (secret_kept) { TRY(secret, add_secret(draft, doing.now)); }
  TRY(auto event, audit::event(doing, "client.create", draft.id.text(), entropy_));
  Registered made{std::move(draft), std::move(secret)};
  TRY(auto changes, audit::together({ledger::Insert<ledger::Client>{made.record}, std::move(event)}, with, made));
  TRY_VOID(ledger_.commit(std::move(changes)));
  return made;
}

Result<ledger::Client> Clients::update(ledger::Client changed, const audit::Doing& doing) {
  TRY_VOID(check(changed));
  changed.updated = doing.now;
  TRY(auto event, audit::event(doing, "client.update", changed.id.text(), entropy_));
  TRY_VOID(ledger_.commit({ledger::Update<ledger::Client>{changed}, std::move(event)}));
  ++changed.version;
  return changed;
}

Result<Registered> Clients::rotate_secret(const ClientId& id, Seconds overlap, const audit::Doing& doing) {
  TRY(auto client, find(id));
  TRY(const bool secret_kept, keeps_secrets(client));
  if (!secret_kept) return refuse(Refusal::Conflict, "this client has no secret");
  for (auto& s : client.secrets) s.ends = std::min(s.ends.value_or(doing.now + overlap), doing.now + overlap);
  TRY(auto secret, add_secret(client, doing.now));
  client.updated = doing.now;
  TRY(auto event, audit::event(doing, "client.rotate_secret", id.text(), entropy_));
  TRY_VOID(ledger_.commit({ledger::Update<ledger::Client>{client}, std::move(event)}));
  ++client.version;
  return Registered{std::move(client), std::move(secret)};
}

Status Clients::adopt(ledger::Client record, const audit::Doing& doing) {
  TRY_VOID(check(record));
  record.updated = doing.now;
  TRY(const auto stored, ledger_.client(record.id));
  TRY(auto event, audit::event(doing, "client.adopt", record.id.text(), entropy_));
  if (stored) {
    TRY_VOID(ledger_.commit({ledger::Update<ledger::Client>{std::move(record)}, std::move(event)}));
    return {};
  }
  record.created = doing.now;
  record.version = 1;
  TRY_VOID(ledger_.commit({ledger::Insert<ledger::Client>{std::move(record)}, std::move(event)}));
  return {};
}

Status Clients::remove(const ClientId& id, const audit::Doing& doing) {
  TRY(auto client, find(id));
  client.standing = ledger::Standing::Deleted;
  client.updated = doing.now;
  client.secrets.clear();
  TRY(auto event, audit::event(doing, "client.delete", id.text(), entropy_));
  TRY_VOID(ledger_.commit({ledger::Update<ledger::Client>{client},
                           ledger::EndTokens{ledger::TokensOf(id), ledger::EndReason::ClientEnded, {}, doing.now}, std::move(event)}));
  return {};
}

Result<ledger::Client> Clients::find(const ClientId& id) {
  TRY(auto client, ledger_.client(id));
  if (!client || client->standing == ledger::Standing::Deleted) return refuse(Refusal::NotFound, "no such client");
  return *std::move(client);
}

Result<ledger::Client> Clients::authenticate(std::string_view called, std::string_view secret, Instant now) {
  constexpr auto kDenied = Refusal::Denied;
  const auto id = ClientId::parse(called);
  if (!id) return refuse(kDenied);
  TRY(auto client, ledger_.client(*id));
  if (!client || client->standing != ledger::Standing::Active) return refuse(kDenied);
  const auto peppers = peppers_.snapshot();
  ledger::ClientSecret* good = nullptr;
  for (auto& s : client->secrets) {
    if (s.ends && now >= *s.ends) continue;
    for (std::size_t i = 0; i < peppers->size(); ++i)
      if (peppers->number(i) == s.pepper && equal_constant_time(peppers->hash(i, secret), s.hash)) good = &s;
  }
  if (good == nullptr) return refuse(kDenied);
  if (good->pepper == peppers->active()) return *std::move(client);
  // Hashed anew under today's pepper. Whether that is written is of no matter to the one who called.
  good->hash = peppers->hash(0, secret);
  good->pepper = peppers->active();
  if (ledger_.commit({ledger::Update<ledger::Client>{*client}})) ++client->version;
  return *std::move(client);
}

}  // namespace jeton::clients
