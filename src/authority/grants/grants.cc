#include "authority/grants/grants.h"

#include <algorithm>
#include <charconv>

#include "authority/ledger/pages.h"
#include "authority/policy/scopes.h"
#include "ground/hurry.h"

namespace jeton::grants {
namespace {

using ledger::Token;

std::string value(const ledger::Metadata& metadata, std::string_view name) {
  for (const auto& [key, text] : metadata)
    if (key == name) return text;
  return {};
}

bool live(const Token& t, Instant now) { return (!t.expires || now < *t.expires) && (!t.overlap_until || now < *t.overlap_until); }

// No text stands for a grant: its hash is of nothing that could be presented.
Result<crypto::Sha256Digest> no_text(Entropy& entropy) {
  crypto::Sha256Digest hash;
  TRY_VOID(entropy.fill(hash));
  return hash;
}

crypto::Sha256Digest consent_id(const PrincipalId& user, const ClientId& client, const ApiId& api) {
  return crypto::sha256(as_bytes("consent " + user.text() + " " + client.text() + " " + api.text()));
}

crypto::Sha256Digest withdrawal_id(const PrincipalId& user, const ClientId& client) {
  return crypto::sha256(as_bytes("withdrawn " + user.text() + " " + client.text()));
}

// Longer than anything that was agreed to waits to be fetched.
constexpr Seconds kWithdrawalKept{3600};
constexpr std::size_t kMostOwn = 4096;
constexpr Seconds kConsentLasts{365LL * 86400}, kConsentFresh{86400};

}  // namespace

Granted remembered(Token grant) {
  Granted g;
  const auto time = value(grant.metadata, "auth_time");
  std::int64_t seconds = 0;
  std::from_chars(time.data(), time.data() + time.size(), seconds);
  g.proof = {Instant::from_seconds(seconds), value(grant.metadata, "amr"), value(grant.metadata, "acr")};
  g.login = TokenId::parse(value(grant.metadata, "login")).value_or(TokenId());
  g.claims = value(grant.metadata, "claims");
  g.grant = std::move(grant);
  return g;
}

Result<Grants::Fresh> Grants::fresh(const Approval& a, const TokenId& id, const Presented& by, Instant now) {
  TRY(const auto settings, policy::read_settings(ledger_));
  TRY(const auto api, ledger_.api(a.api));
  if (!api || api->deleted) return refuse(Refusal::Denied, "the API is gone");
  Token t;
  t.id = t.family = id;
  t.kind = opaque::Kind::Rt;
  TRY(t.hash, no_text(entropy_));
  t.principal = a.principal;
  t.api = a.api;
  t.client = a.client;
  t.scopes = a.scopes;
  t.name = by.client.name;
  t.metadata = {{"acr", a.proof.acr}, {"amr", a.proof.methods}, {"auth_time", std::to_string(a.proof.authenticated.seconds())}};
  if (!a.details.empty()) t.metadata.emplace_back("authorization_details", a.details);
  if (!a.claims.empty()) t.metadata.emplace_back("claims", a.claims);
  t.metadata.emplace_back("login", a.login.text());
  t.created = now;
  t.parent = a.session;
  // A public client has nothing but its key to show who it is.
  if (!clients::confidential(by.client, by.profile)) t.confirmation = by.confirmation;
  const bool refreshes = clients::may_grant(by.client, by.profile, "refresh_token");
  const Seconds lives = refreshes ? settings.refresh_lifetime : by.profile.access_ttl.value_or(api->access_ttl);
  t.expires = Instant::from_seconds((now + lives).seconds());
  if (!a.session.none()) {
    TRY(const auto session, ledger_.token(a.session));
    if (!session) return refuse(Refusal::Denied, "the session has ended");
    if (session->expires) t.expires = std::min(*t.expires, *session->expires);
  }
  Fresh out;
  out.changes.emplace_back(ledger::Insert<Token>{t});
  out.granted = remembered(t);
  if (refreshes) {
    TRY(auto ticket, refresh_ticket(t, by.profile, now));
    out.granted.refresh = std::move(ticket.first);
    out.changes.push_back(std::move(ticket.second));
  }
  return out;
}

Result<Granted> Grants::grant(const Approval& approval, const Presented& by, std::vector<ledger::Change> with, const audit::Doing& doing) {
  TRY(const auto id, TokenId::make(doing.now, entropy_));
  TRY(auto made, fresh(approval, id, by, doing.now));
  TRY(const bool may, may_go_on(made.granted.grant, by, doing.now));
  TRY(const bool agreed, stands(approval, doing.now));
  if (!may || !agreed) return refuse(Refusal::Denied, "the user or the session may not act any more");
  TRY(auto event, audit::event(doing, "grant.create", id.text(), entropy_, "{\"client\":\"" + by.client.id.text() + "\"}"));
  for (auto& change : made.changes) with.push_back(std::move(change));
  with.push_back(std::move(event));
  TRY_VOID(ledger_.commit(std::move(with)));
  return std::move(made.granted);
}

Result<Token> Grants::own_grant(const ledger::Client& client, const ledger::Api& api, const ledger::Scopes& scopes,
                                const audit::Doing& doing) {
  std::unique_lock lock(own_mutex_, std::try_to_lock);
  if (!lock) {
    TRY_VOID(Hurry::may_wait());
    lock.lock();
  }
  const std::pair key(client.id, api.id);
  const auto fits = [&](const Token& t) { return t.scopes == scopes; };
  // The client acts as a service account of its own, of the same number.
  const PrincipalId self(PrincipalKind::Service, client.id.ulid());
  TRY(const auto there, ledger_.principal(self));
  if (const auto at = own_.find(key); at != own_.end() && fits(at->second) && there && there->standing == ledger::Standing::Active) {
    TRY(auto now, ledger_.token_but_use(at->second.id));
    if (now && !now->ended) return *std::move(now);
  }
  std::vector<ledger::Change> changes;
  if (!there) {
    ledger::Principal p;
    p.id = self;
    p.name = "client-" + client.id.ulid().text();
    for (auto& c : p.name) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
    p.created = p.updated = doing.now;
    changes.emplace_back(ledger::Insert<ledger::Principal>{std::move(p)});
  } else if (there->standing != ledger::Standing::Active) {
    return refuse(Refusal::Denied, "the client's service account is disabled");
  }
  std::optional<Token> standing;
  TRY(auto given, ledger_.own_grants(client.id));
  for (auto& t : given)
    if (t.principal == self && t.api == api.id && live(t, doing.now)) standing = std::move(t);
  if (!standing) {
    standing.emplace();
    TRY(standing->id, TokenId::make(doing.now, entropy_));
    standing->family = standing->id;
    standing->kind = opaque::Kind::Rt;
    TRY(standing->hash, no_text(entropy_));
    standing->principal = self;
    standing->api = api.id;
    standing->client = client.id;
    standing->scopes = scopes;
    standing->name = client.name;
    standing->created = doing.now;
    changes.emplace_back(ledger::Insert<Token>{*standing});
    TRY(auto event, audit::event(doing, "grant.create", standing->id.text(), entropy_, "{\"client\":\"" + client.id.text() + "\"}"));
    changes.push_back(std::move(event));
  } else if (!fits(*standing)) {
    standing->scopes = scopes;
    changes.emplace_back(ledger::Update<Token>{*standing});
  }
  if (!changes.empty()) TRY_VOID(ledger_.commit(std::move(changes)));
  if (own_.size() >= kMostOwn) own_.clear();
  own_.insert_or_assign(key, *standing);
  return *std::move(standing);
}

Status Grants::end(const TokenId& grant, ledger::EndReason reason, const audit::Doing& doing) {
  TRY(auto event, audit::event(doing, "grant.end", grant.text(), entropy_));
  TRY_VOID(ledger_.commit({ledger::EndTokens{ledger::TokensOf(grant), reason, {}, doing.now}, std::move(event)}));
  return {};
}

Result<ledger::Scopes> Grants::consented(const PrincipalId& user, const ClientId& client, const ApiId& api, Instant now) {
  TRY(const auto ticket, ledger_.ticket(consent_id(user, client, api)));
  if (!ticket || ticket->used || ticket->expires <= now) return ledger::Scopes();
  return policy::parse_scopes(ticket->data);
}

Result<std::optional<ledger::Change>> Grants::consent(const PrincipalId& user, const ClientId& client, const ApiId& api,
                                                      const ledger::Scopes& scopes, Instant now) {
  TRY(auto stored, ledger_.ticket(consent_id(user, client, api)));
  ledger::Ticket t = stored ? *stored : ledger::Ticket();
  auto all = scopes;
  if (stored && !stored->used && stored->expires > now) {
    TRY(auto before, policy::parse_scopes(stored->data));
    // It stands already: many tabs at once write nothing, and are in nobody's way.
    if (now < stored->created + kConsentFresh && policy::subset(scopes, before)) return std::nullopt;
    for (auto& s : before) all.push_back(std::move(s));
  }
  TRY(all, policy::canonical(std::move(all)));
  t.id = consent_id(user, client, api);
  t.kind = ledger::TicketKind::Consent;
  t.principal = user;
  t.client = client;
  t.data = policy::joined(all);
  t.used.reset();
  t.created = now;
  t.expires = now + kConsentLasts;
  if (stored) return ledger::Change(ledger::Update<ledger::Ticket>{std::move(t)});
  return ledger::Change(ledger::Insert<ledger::Ticket>{std::move(t)});
}

Result<std::vector<Token>> Grants::of_user(const PrincipalId& user, Instant now) {
  const ledger::TokenFilter filter{.principal = user, .kind = opaque::Kind::Rt, .show = ledger::TokenFilter::Show::Live};
  std::vector<Token> all;
  TRY_VOID(ledger::each_of<TokenId>([&](const auto& page) { return ledger_.tokens(filter, page, now); },
                                    [&](Token& grant) { all.push_back(std::move(grant)); }));
  return all;
}

// What was agreed to and not fetched yet: the login it was agreed to in goes on, and nobody took it back.
Result<bool> Grants::stands(const Approval& a, Instant now) {
  TRY(const bool logged_in, lives(a.login, now));
  if (!logged_in || !a.agreed) return logged_in;
  TRY(const auto withdrawn, ledger_.ticket(withdrawal_id(a.principal, a.client)));
  return !withdrawn || withdrawn->created < *a.agreed;
}

Result<ledger::Change> Grants::withdrawal(const PrincipalId& user, const ClientId& client, Instant now) {
  TRY(auto stored, ledger_.ticket(withdrawal_id(user, client)));
  ledger::Ticket t = stored ? *stored : ledger::Ticket();
  t.id = withdrawal_id(user, client);
  t.kind = ledger::TicketKind::Consent;
  t.principal = user;
  t.client = client;
  t.created = now;
  t.used = now;
  t.expires = now + kWithdrawalKept;
  if (stored) return ledger::Change(ledger::Update<ledger::Ticket>{std::move(t)});
  return ledger::Change(ledger::Insert<ledger::Ticket>{std::move(t)});
}

Status Grants::disconnect(const PrincipalId& user, const ClientId& client, const audit::Doing& doing) {
  TRY(const auto grants, of_user(user, doing.now));
  std::vector<ledger::Change> changes;
  for (const auto& g : grants)
    if (g.client == client)
      changes.emplace_back(ledger::EndTokens{ledger::TokensOf(g.id), ledger::EndReason::HolderRevoked, {}, doing.now});
  // Also what was agreed to at an API where nothing lives of it just now: it would be given again without a question.
  const auto forget = [&](const ledger::Api& api) -> Status {
    TRY(const auto ticket, ledger_.ticket(consent_id(user, client, api.id)));
    if (ticket && !ticket->used && ticket->expires > doing.now)
      changes.emplace_back(ledger::Consume{ticket->id, ledger::TicketKind::Consent, doing.now, {}});
    return {};
  };
  TRY_VOID(ledger::each_of<ApiId>([&](const auto& page) { return ledger_.apis(page); }, forget));
  // And codes that are on their way.
  TRY(auto withdrawn, withdrawal(user, client, doing.now));
  changes.push_back(std::move(withdrawn));
  TRY(auto event, audit::event(doing, "grant.disconnect", client.text(), entropy_, "{\"user\":\"" + user.text() + "\"}"));
  changes.push_back(std::move(event));
  TRY_VOID(ledger_.commit(std::move(changes)));
  return {};
}

}  // namespace jeton::grants
