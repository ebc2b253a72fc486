#include "stores/memory/tables.h"

#include <set>
#include <type_traits>

#include "stores/sealed.h"

namespace jeton::memory {

using namespace ledger;

namespace {

// An id that is set and equal: "none" names nothing, so it can never stand for all that have none.
template <class IdType>
bool same(const IdType& wanted, const IdType& have) {
  return !wanted.none() && wanted == have;
}

template <class IdType>
bool fits_id(const std::optional<IdType>& wanted, const IdType& have) {
  return !wanted || same(*wanted, have);
}

// What an update may not touch stays as it is stored.
void keep(Token& wanted, const Token& stored) {
  wanted.hash = stored.hash;
  wanted.pepper = stored.pepper;
  wanted.kind = stored.kind;
  wanted.principal = stored.principal;
  wanted.api = stored.api;
  wanted.created = stored.created;
  wanted.ended = stored.ended;
  wanted.end_reason = stored.end_reason;
  wanted.end_note = stored.end_note;
  wanted.last_used = stored.last_used;
  wanted.last_address = stored.last_address;
  wanted.confirmation = stored.confirmation;
}
template <class R>
void keep(R&, const R&) {}

template <class R>
constexpr bool kIsEffect = !std::is_same_v<R, Alert> && !std::is_same_v<R, AuditEvent> && !std::is_same_v<R, Credential> &&
                           !std::is_same_v<R, Webhook> && !std::is_same_v<R, Delivery> && !std::is_same_v<R, Stream>;

}  // namespace

std::string api_claim(std::string_view name) { return "api name " + std::string(name); }
std::string principal_claim(PrincipalKind kind, std::string_view name) {
  return (kind == PrincipalKind::User ? "user " : "service ") + std::string(name);
}
std::string handle_claim(std::string_view handle) { return "passkey " + std::string(handle); }
std::string hash_claim(const crypto::Sha256Digest& hash) { return "hash " + std::string(as_text(hash)); }

std::vector<std::string> claims(const Api& r) {
  if (r.deleted) return {};
  return {api_claim(r.name), "audience " + r.audience};
}
std::vector<std::string> claims(const Principal& r) {
  if (r.standing == Standing::Deleted) return {};
  return {principal_claim(r.id.kind(), r.name)};
}
std::vector<std::string> claims(const Device& r) {
  if (r.revoked) return {};
  return {"device " + r.principal.text() + " " + r.name};
}
std::vector<std::string> claims(const Client& r) {
  if (r.standing == Standing::Deleted) return {};
  return {"client " + r.name};
}
std::vector<std::string> claims(const Token& r) {
  if (r.kind == opaque::Kind::Rt) return {};
  return {hash_claim(r.hash)};
}
std::vector<std::string> claims(const SigningKey& r) { return {"kid " + r.kid}; }
std::vector<std::string> claims(const Rule&) { return {}; }
std::vector<std::string> claims(const Alert&) { return {}; }
std::vector<std::string> claims(const AuditEvent&) { return {}; }

std::vector<std::string> claims(const Webhook&) { return {}; }
std::vector<std::string> claims(const Delivery&) { return {}; }
std::vector<std::string> claims(const Stream&) { return {}; }

std::vector<std::string> claims(const Credential& r) {
  if (r.kind == CredentialKind::Passkey) return {handle_claim(r.handle)};
  return {"credential " + std::to_string(static_cast<int>(r.kind)) + " " + r.principal.text()};
}

bool fits(const Token& t, const TokenFilter& f, Instant now) {
  if (!fits_id(f.principal, t.principal) || !fits_id(f.device, t.device) || !fits_id(f.client, t.client) || !fits_id(f.api, t.api) ||
      (f.family && !same(*f.family, t.family) && !same(*f.family, t.id)))
    return false;
  if (f.kind && *f.kind != t.kind) return false;
  const bool live = !t.ended && !(t.expires && *t.expires <= now) && !(t.overlap_until && *t.overlap_until <= now);
  if (f.show == TokenFilter::Show::Live && !live) return false;
  if (f.show == TokenFilter::Show::Ended && live) return false;
  if (f.expires_before && !(t.expires && *t.expires < *f.expires_before)) return false;
  if (f.expires_from && !(t.expires && *t.expires >= *f.expires_from)) return false;
  return !f.unused_since || t.last_used.value_or(t.created) < *f.unused_since;
}

bool names(const decltype(EndTokens::which)& which, const Token& t) {
  if (const auto* family = std::get_if<FamilyOf>(&which)) return same(family->family, t.family) || same(family->family, t.id);
  return std::visit(
      [&t](const auto& id) {
        using IdType = std::decay_t<decltype(id)>;
        if constexpr (std::is_same_v<IdType, TokenId>) return same(id, t.id);
        else if constexpr (std::is_same_v<IdType, PrincipalId>) return same(id, t.principal);
        else if constexpr (std::is_same_v<IdType, DeviceId>) return same(id, t.device);
        else if constexpr (std::is_same_v<IdType, ClientId>) return same(id, t.client);
        else return same(id, t.api);
      },
      std::get<TokensOf>(which));
}

template <class Map>
void Batch::put(Map& map, const typename Map::key_type& key, typename Map::mapped_type value) {
  const auto at = map.find(key);
  if (at == map.end()) {
    undo_.push_back([&map, key] { map.erase(key); });
    map.emplace(key, std::move(value));
    return;
  }
  undo_.push_back([&map, key, old = at->second] { map.insert_or_assign(key, old); });
  at->second = std::move(value);
}

template <class Map>
void Batch::erase(Map& map, const typename Map::key_type& key) {
  const auto at = map.find(key);
  if (at == map.end()) return;
  undo_.push_back([&map, key, old = at->second] { map.insert_or_assign(key, old); });
  map.erase(at);
}

Status Batch::claim(const std::vector<std::string>& wanted, const Ulid& holder) {
  for (const auto& name : wanted)
    if (tables_.taken.contains(name)) return refuse(Refusal::Conflict, "that name is taken");
  for (const auto& name : wanted) put(tables_.taken, name, holder);
  return {};
}

void Batch::release(const std::vector<std::string>& held) {
  for (const auto& name : held) erase(tables_.taken, name);
}

template <class R>
Status Batch::change(const Insert<R>& c) {
  auto& table = tables_.of<R>();
  if (table.contains(c.record.id)) return refuse(Refusal::Conflict, "that id is taken");
  if constexpr (std::is_same_v<R, Token>) {
    // A parent taken back while its child was being made must not leave the child alive.
    const auto parent = table.find(c.record.parent);
    if (parent != table.end() && parent->second.ended) return refuse(Refusal::Conflict, "the parent has ended");
  }
  TRY_VOID(claim(claims(c.record), c.record.id.ulid()));
  R record = c.record;
  if constexpr (requires { record.version; }) record.version = 1;
  if constexpr (kIsEffect<R>) effects_.push_back(record);
  put(table, record.id, std::move(record));
  return {};
}

template <class R>
Status Batch::change(const Update<R>& c) {
  auto& table = tables_.of<R>();
  const auto stored = table.find(c.record.id);
  if (stored == table.end()) return refuse(Refusal::NotFound);
  if (stored->second.version != c.record.version) return refuse(Refusal::Conflict, "it was changed since it was read");
  R record = c.record;
  keep(record, stored->second);
  record.version = stored->second.version + 1;
  release(claims(stored->second));
  TRY_VOID(claim(claims(record), record.id.ulid()));
  if constexpr (kIsEffect<R>) effects_.push_back(record);
  if constexpr (std::is_same_v<R, Token>)
    if (record.hold != stored->second.hold) effects_.push_back(TokenHeld{record.id, record.hold});
  put(table, record.id, std::move(record));
  return {};
}

Status Batch::change(const Insert<AuditEvent>& c) {
  auto& table = tables_.of<AuditEvent>();
  if (table.contains(c.record.id)) return refuse(Refusal::Conflict, "that id is taken");
  AuditEvent e = c.record;
  auto head = tables_.head;
  e.number = ++head.number;
  e.seal.clear(), e.link.clear();
  if (tables_.chain) {
    const auto seal = tables_.chain->seal(e);
    head.link = tables_.chain->link(head.link, seal);
    e.seal.assign(seal.begin(), seal.end());
    e.link.assign(head.link.begin(), head.link.end());
  }
  undo_.push_back([this, before = tables_.head] { tables_.head = before; });
  tables_.head = head;
  put(tables_.numbered, e.number, e.id);
  put(table, e.id, std::move(e));
  return {};
}

Status Batch::change(const WebhookId& id) {
  auto& table = tables_.of<Webhook>();
  if (!table.contains(id)) return refuse(Refusal::NotFound);
  erase(table, id);
  std::vector<DeliveryId> gone;
  for (const auto& [key, d] : tables_.of<Delivery>())
    if (d.webhook == id) gone.push_back(key);
  for (const auto& key : gone) erase(tables_.of<Delivery>(), key);
  return {};
}

Status Batch::change(const StreamId& id) {
  auto& table = tables_.of<Stream>();
  if (!table.contains(id)) return refuse(Refusal::NotFound);
  erase(table, id);
  std::vector<DeliveryId> gone;
  for (const auto& [key, d] : tables_.of<Delivery>())
    if (d.stream == id) gone.push_back(key);
  for (const auto& key : gone) erase(tables_.of<Delivery>(), key);
  return {};
}

Status Batch::change(const Insert<SavedAnswer>& c) {
  const auto stored = tables_.answers.find(c.record.key);
  if (stored != tables_.answers.end() && stored->second.expires > at_) return refuse(Refusal::Conflict, "an answer is kept under that key");
  put(tables_.answers, c.record.key, c.record);
  return {};
}

Status Batch::change(const Insert<Ticket>& c) {
  auto& table = tables_.of<Ticket>();
  const auto stored = table.find(c.record.id);
  if (stored != table.end() && stored->second.expires > at_) return refuse(Refusal::Conflict, "that id is taken");
  Ticket ticket = c.record;
  ticket.version = 1;
  put(table, ticket.id, std::move(ticket));
  return {};
}

Status Batch::change(const Update<Ticket>& c) {
  auto& table = tables_.of<Ticket>();
  const auto stored = table.find(c.record.id);
  if (stored == table.end()) return refuse(Refusal::NotFound);
  if (stored->second.version != c.record.version) return refuse(Refusal::Conflict, "it was changed since it was read");
  Ticket ticket = c.record;
  ++ticket.version;
  put(table, ticket.id, std::move(ticket));
  return {};
}

Status Batch::change(const Consume& c) {
  auto& table = tables_.of<Ticket>();
  const auto stored = table.find(c.id);
  if (stored == table.end() || stored->second.kind != c.kind || stored->second.expires <= c.at) return refuse(Refusal::NotFound);
  if (stored->second.used) return refuse(Refusal::Conflict, "it was used");
  Ticket ticket = stored->second;
  ticket.used = c.at;
  ticket.sealed = c.sealed;
  ++ticket.version;
  put(table, ticket.id, std::move(ticket));
  return {};
}

Status Batch::change(const CredentialId& id) {
  auto& table = tables_.of<Credential>();
  const auto stored = table.find(id);
  if (stored == table.end()) return refuse(Refusal::NotFound);
  release(claims(stored->second));
  erase(table, id);
  return {};
}

Status Batch::change(const EndTokens& c) {
  auto& table = tables_.of<Token>();
  std::set<TokenId> named;
  for (const auto& [id, token] : table)
    if (names(c.which, token)) named.insert(id);
  // A token known only by id (a signed one) may have children too.
  if (const auto* of = std::get_if<TokensOf>(&c.which))
    if (const auto* id = std::get_if<TokenId>(of); id && !id->none()) named.insert(*id);
  for (bool grew = true; grew;) {
    grew = false;
    for (const auto& [id, token] : table)
      if (!token.parent.none() && named.contains(token.parent)) grew |= named.insert(id).second;
  }
  for (const auto& id : named) {
    const auto stored = table.find(id);
    if (stored == table.end() || stored->second.ended) continue;
    Token token = stored->second;
    token.ended = c.at;
    token.end_reason = c.reason;
    token.end_note = c.note;
    ++token.version;
    put(table, id, std::move(token));
    effects_.push_back(TokenEnded{id, c.reason, c.at});
  }
  return {};
}

Status Batch::change(const RevokeJwt& c) {
  if (tables_.jwts.contains(c.record.jti)) return {};
  put(tables_.jwts, c.record.jti, c.record);
  effects_.push_back(c.record);
  return {};
}

Status Batch::change(const Rehash& c) {
  auto& table = tables_.of<Token>();
  const auto stored = table.find(c.token);
  if (stored == table.end()) return refuse(Refusal::NotFound);
  if (stored->second.hash != c.from) return refuse(Refusal::Conflict, "it was changed since it was read");
  Token token = stored->second;
  release(claims(token));
  token.hash = c.to;
  token.pepper = c.pepper;
  TRY_VOID(claim(claims(token), token.id.ulid()));
  put(table, token.id, std::move(token));
  effects_.push_back(c);
  return {};
}

Status Batch::change(const Reseal& c) {
  Status done = refuse(Refusal::Invalid, "no such column");
  stores::every_sealed([&]<class R>(const stores::Sealed<R>& where) {
    if (where.table != c.was.table || where.place != c.was.column) return;
    done = Status();
    auto& table = tables_.of<R>();
    const auto id = stores::name_in<std::remove_cvref_t<decltype(stores::name_of(R{}))>>(c.was.row);
    const auto at = id ? table.find(*id) : table.end();
    if (at == table.end() || at->second.*where.member != c.was.sealed) return;
    R record = at->second;
    record.*where.member = c.to;
    if constexpr (requires { record.version; }) ++record.version;
    if constexpr (std::is_same_v<R, Api>) effects_.push_back(record);
    put(table, *id, std::move(record));
  });
  return done;
}

Status Batch::change(const PutSetting& c) {
  const auto stored = tables_.settings.find(c.setting.name);
  const Version now = stored == tables_.settings.end() ? 0 : stored->second.version;
  if (c.setting.version != 0 && c.setting.version != now) return refuse(Refusal::Conflict, "it was changed since it was read");
  Setting setting = c.setting;
  setting.version = now + 1;
  effects_.push_back(setting);
  put(tables_.settings, c.setting.name, std::move(setting));
  return {};
}

Status Batch::change(const RuleId& id) {
  auto& table = tables_.of<Rule>();
  if (!table.contains(id)) return refuse(Refusal::NotFound);
  erase(table, id);
  effects_.push_back(id);
  return {};
}

Status Batch::apply(const Change& c) {
  return std::visit([this](const auto& one) { return change(one); }, c);
}

void Batch::undo() {
  for (auto step = undo_.rbegin(); step != undo_.rend(); ++step) (*step)();
  undo_.clear();
  effects_.clear();
}

}  // namespace jeton::memory
