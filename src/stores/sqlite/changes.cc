#include "stores/sqlite/changes.h"

#include <algorithm>

#include "authority/verify/revoked/jwts.h"
#include "stores/feed.h"
#include "stores/sqlite/sealed.h"
#include "stores/sqlite/tables.h"

namespace jeton::sqlite {

using namespace ledger;

namespace {

template <class R>
constexpr bool kIsEffect =
    !std::is_same_v<R, Alert> && !std::is_same_v<R, AuditEvent> && !std::is_same_v<R, Credential> && !std::is_same_v<R, Ticket> &&
    !std::is_same_v<R, Webhook> && !std::is_same_v<R, Delivery> && !std::is_same_v<R, Stream>;

// Seeds of a revocation: the tokens it names. What was exchanged for them is found from there, by `parent`.
// A token is named even where it has no record or has ended: a signed token has children too.
Query end_query(const std::string& seed) {
  return {"WITH RECURSIVE hit(id) AS (" + seed +
          " UNION SELECT t.id FROM hit CROSS JOIN tokens t ON t.parent = hit.id)"
          " UPDATE tokens SET ended=?2, end_reason=?3, end_note=?4, version=version+1"
          " WHERE ended IS NULL AND id IN (SELECT id FROM hit) RETURNING id"};
}

const Query& end_query_of(const decltype(EndTokens::which)& which) {
  static const Query family = end_query("SELECT ?1 UNION SELECT id FROM tokens WHERE family=?1 AND family<>id");
  // In the order of TokensOf.
  static const std::array<Query, 5> by = {end_query("SELECT ?1"), end_query("SELECT id FROM token_principals WHERE principal=?1"),
                                          end_query("SELECT id FROM tokens WHERE device=?1 AND ended IS NULL"),
                                          end_query("SELECT id FROM tokens WHERE client=?1 AND ended IS NULL"),
                                          end_query("SELECT id FROM tokens WHERE api=?1 AND ended IS NULL")};
  if (std::holds_alternative<FamilyOf>(which)) return family;
  return by[std::get<TokensOf>(which).index()];
}

class Applying {
 public:
  Applying(Connection& db, Tail& tail, Done& done, Instant at) : db_(db), tail_(tail), done_(done), at_(at) {}

  template <class R>
  Status operator()(Insert<R>& c);
  template <class R>
  Status operator()(Update<R>& c);
  Status operator()(Insert<Token>& c);
  Status operator()(Update<Token>& c);
  Status operator()(Insert<AuditEvent>& c);
  Status operator()(Insert<SavedAnswer>& c);
  Status operator()(Insert<Ticket>& c);
  Status operator()(Consume& c);
  Status operator()(CredentialId& id);
  Status operator()(WebhookId& id);
  Status operator()(StreamId& id);
  Status operator()(EndTokens& c);
  Status operator()(RevokeJwt& c);
  Status operator()(Rehash& c);
  Status operator()(Reseal& c);
  Status operator()(PutSetting& c);
  Status operator()(RuleId& id);

 private:
  template <class R>
  Status insert(R& record);
  template <class R>
  Status update(R& record);
  // A query whose one key is the id; of a deletion NotFound where it met nothing.
  template <class Id>
  Status run(const Query& query, const Id& id);
  template <class Id>
  Status remove(const Query& query, const Id& id);
  Status effect(Effect effect);
  Result<bool> exists(const Query& query, const auto& id);

  Connection& db_;
  Tail& tail_;
  Done& done_;
  Instant at_;
};

Status Applying::effect(Effect effect) {
  static const Query kInsert{"INSERT INTO feed (at, kind, subject, reason) VALUES (?,?,?,?)"};
  if (const auto entry = stores::feed_entry(effect, at_)) {
    TRY(auto s, db_.use(kInsert));
    put(s, entry->at), put(s, entry->kind), put(s, entry->subject), put(s, entry->reason);
    TRY_VOID(s.run());
    done_.seq = static_cast<Seq>(db_.last_rowid());
  }
  done_.effects.push_back(std::move(effect));
  return {};
}

Result<bool> Applying::exists(const Query& query, const auto& id) {
  TRY(auto s, db_.use(query));
  put(s, id);
  return s.step();
}

template <class R>
Status Applying::insert(R& record) {
  if constexpr (requires { record.version; }) record.version = 1;
  {
    TRY(auto s, db_.use(insert_query<R>()));
    put_all(s, record);
    TRY_VOID(s.run());
  }
  if constexpr (kIsEffect<R>) return effect(std::move(record));
  return {};
}

template <class R>
Status Applying::operator()(Insert<R>& c) {
  return insert(c.record);
}

Status Applying::operator()(Insert<Token>& c) {
  static const Query kEnded{"SELECT 1 FROM tokens WHERE id=? AND ended IS NOT NULL"};
  if (!c.record.parent.none()) {
    // A parent taken back while its child was being made must not leave the child alive.
    TRY(const bool ended, exists(kEnded, c.record.parent));
    if (ended) return refuse(Refusal::Conflict, "the parent has ended");
  }
  c.record.version = 1;
  TRY_VOID(tail_.add(db_, c.record));
  return effect(std::move(c.record));
}

Status Applying::operator()(Insert<AuditEvent>& c) {
  auto& e = c.record;
  auto head = done_.head;
  e.number = ++head.number;
  e.seal.clear(), e.link.clear();
  if (done_.chain) {
    const auto seal = done_.chain->seal(e);
    head.link = done_.chain->link(head.link, seal);
    e.seal.assign(seal.begin(), seal.end());
    e.link.assign(head.link.begin(), head.link.end());
  }
  TRY_VOID(insert(e));
  done_.head = head;
  done_.audited = e.at;
  return {};
}

template <class R>
Status Applying::update(R& record) {
  static const Query kExists{"SELECT 1 FROM " + std::string(kTable<R>) + " WHERE id=?"};
  std::optional<R> after;
  {
    TRY(auto s, db_.use(update_query<R>()));
    fields(std::as_const(record), [&s](std::string_view column, const auto& member) {
      if (updatable<R>(column)) put(s, member);
    });
    put(s, record.id), put(s, record.version);
    TRY(after, first<R>(s));
    TRY_VOID(s.run());
  }
  if (!after) {
    TRY(const bool found, exists(kExists, record.id));
    return found ? refuse(Refusal::Conflict, "it was changed since it was read") : refuse(Refusal::NotFound);
  }
  if constexpr (kIsEffect<R>) return effect(std::move(*after));
  return {};
}

template <class R>
Status Applying::operator()(Update<R>& c) {
  return update(c.record);
}

Status Applying::operator()(Update<Token>& c) {
  static const Query kHeldOtherwise{"SELECT 1 FROM tokens WHERE id=? AND hold<>?"};
  bool moved = false;
  {
    TRY(auto s, db_.use(kHeldOtherwise));
    put(s, c.record.id), put(s, c.record.hold);
    TRY(moved, s.step());
  }
  TRY_VOID(update(c.record));
  return moved ? effect(TokenHeld{c.record.id, c.record.hold}) : Status();
}

Status Applying::operator()(Insert<SavedAnswer>& c) {
  static const Query kInsert{
      "INSERT INTO answers (key, request, sealed, expires) VALUES (?1,?2,?3,?4) ON CONFLICT (key) DO UPDATE "
      "SET"
      " request=excluded.request, sealed=excluded.sealed, expires=excluded.expires WHERE answers.expires <= "
      "?5"};
  TRY(auto s, db_.use(kInsert));
  put_all(s, c.record);
  put(s, at_);
  TRY_VOID(s.run());
  if (db_.changes() == 0) return refuse(Refusal::Conflict, "an answer is kept under that key");
  return {};
}

Status Applying::operator()(Insert<Ticket>& c) {
  static const Query kInsert{insert_query<Ticket>().text +
                             " ON CONFLICT (id) DO UPDATE SET kind=excluded.kind, token=excluded.token,"
                             " principal=excluded.principal, client=excluded.client, data=excluded.data,"
                             " sealed=excluded.sealed, created=excluded.created, expires=excluded.expires,"
                             " used=excluded.used, version=1 WHERE tickets.expires <= ?"};
  c.record.version = 1;
  TRY(auto s, db_.use(kInsert));
  put_all(s, c.record);
  put(s, at_);
  TRY_VOID(s.run());
  if (db_.changes() == 0) return refuse(Refusal::Conflict, "that id is taken");
  return {};
}

Status Applying::operator()(Consume& c) {
  static const Query kUse{
      "UPDATE tickets SET used=?1, sealed=?2, version=version+1"
      " WHERE id=?3 AND kind=?4 AND used IS NULL AND expires > ?1"};
  static const Query kExists{"SELECT 1 FROM tickets WHERE id=?1 AND kind=?2 AND expires > ?3"};
  {
    TRY(auto s, db_.use(kUse));
    put(s, c.at), put(s, c.sealed), put(s, c.id), put(s, c.kind);
    TRY_VOID(s.run());
  }
  if (db_.changes() != 0) return {};
  TRY(auto s, db_.use(kExists));
  put(s, c.id), put(s, c.kind), put(s, c.at);
  TRY(const bool used, s.step());
  return used ? refuse(Refusal::Conflict, "it was used") : refuse(Refusal::NotFound);
}

template <class Id>
Status Applying::run(const Query& query, const Id& id) {
  TRY(auto s, db_.use(query));
  put(s, id);
  return s.run();
}

template <class Id>
Status Applying::remove(const Query& query, const Id& id) {
  TRY_VOID(run(query, id));
  return db_.changes() == 0 ? refuse(Refusal::NotFound) : Status();
}

Status Applying::operator()(CredentialId& id) {
  static const Query kDelete{"DELETE FROM credentials WHERE id=?"};
  return remove(kDelete, id);
}

Status Applying::operator()(WebhookId& id) {
  static const Query kDelete{"DELETE FROM webhooks WHERE id=?"}, kWaiting{"DELETE FROM deliveries WHERE webhook=?"};
  TRY_VOID(remove(kDelete, id));
  return run(kWaiting, id);
}

Status Applying::operator()(StreamId& id) {
  static const Query kDelete{"DELETE FROM streams WHERE id=?"}, kWaiting{"DELETE FROM deliveries WHERE stream=?"};
  TRY_VOID(remove(kDelete, id));
  return run(kWaiting, id);
}

Status Applying::operator()(EndTokens& c) {
  const auto* tokens = std::get_if<TokensOf>(&c.which);
  if (tokens && std::holds_alternative<PrincipalId>(*tokens)) TRY_VOID(tail_.fold(db_));
  std::vector<TokenId> ended;
  {
    TRY(auto s, db_.use(end_query_of(c.which)));
    if (const auto* family = std::get_if<FamilyOf>(&c.which)) put(s, family->family);
    else std::visit([&s](const auto& id) { put(s, id); }, std::get<TokensOf>(c.which));
    put(s, c.at), put(s, c.reason), put(s, c.note);
    for (;;) {
      TRY(const bool row, s.step());
      if (!row) break;
      Row r(s);
      take(r, ended.emplace_back());
    }
  }
  std::sort(ended.begin(), ended.end());
  for (const auto& id : ended) {
    done_.ended.push_back({id, c.reason, c.at});
    TRY_VOID(effect(done_.ended.back()));
  }
  return {};
}

Status Applying::operator()(RevokeJwt& c) {
  static const Query kInsert{"INSERT INTO revoked_jwts (jti, expires, revoked) VALUES (?,?,?) ON CONFLICT DO NOTHING"};
  {
    TRY(auto s, db_.use(kInsert));
    put_all(s, c.record);
    TRY_VOID(s.run());
  }
  if (db_.changes() == 0) return {};
  return effect(c.record);
}

Status Applying::operator()(Rehash& c) {
  static const Query kUpdate{"UPDATE tokens SET hash=?, pepper=? WHERE id=? AND hash=?"};
  static const Query kExists{"SELECT 1 FROM tokens WHERE id=?"};
  TRY_VOID(tail_.fold(db_));
  {
    TRY(auto s, db_.use(kUpdate));
    put(s, c.to), put(s, c.pepper), put(s, c.token), put(s, c.from);
    TRY_VOID(s.run());
  }
  if (db_.changes() == 0) {
    TRY(const bool found, exists(kExists, c.token));
    return found ? refuse(Refusal::Conflict, "it was changed since it was read") : refuse(Refusal::NotFound);
  }
  return effect(c);
}

// Of an API everybody must hear: who keeps it in memory keeps its sealed key too.
Status Applying::operator()(Reseal& c) {
  TRY(const bool done, reseal(db_, c));
  if (!done || c.was.table != kTable<Api>) return {};
  const auto id = ApiId::parse(c.was.row);
  if (!id) return refuse(Refusal::Invalid, "no such row");
  std::optional<Api> api;
  {
    TRY(auto s, db_.use(by_id_query<Api>()));
    put(s, *id);
    TRY(api, first<Api>(s));
  }
  return api ? effect(*std::move(api)) : Status();
}

Status Applying::operator()(PutSetting& c) {
  static const Query kRead{select<Setting>("WHERE name=?")};
  static const Query kWrite{"INSERT OR REPLACE INTO settings (name, value, version) VALUES (?,?,?)"};
  std::optional<Setting> stored;
  {
    TRY(auto s, db_.use(kRead));
    put(s, c.setting.name);
    TRY(stored, first<Setting>(s));
  }
  const Version now = stored ? stored->version : 0;
  if (c.setting.version != 0 && c.setting.version != now) return refuse(Refusal::Conflict, "it was changed since it was read");
  c.setting.version = now + 1;
  {
    TRY(auto s, db_.use(kWrite));
    put_all(s, c.setting);
    TRY_VOID(s.run());
  }
  return effect(std::move(c.setting));
}

Status Applying::operator()(RuleId& id) {
  static const Query kDelete{"DELETE FROM rules WHERE id=?"};
  TRY_VOID(remove(kDelete, id));
  return effect(id);
}

}  // namespace

Status apply(Connection& db, Tail& tail, std::vector<Change>& changes, Done& done) {
  Applying applying(db, tail, done, stores::moment_of(changes));
  for (auto& change : changes) {
    const auto applied = std::visit(applying, change);
    if (applied) continue;
    // What needs no savepoint is taken back by hand: it can only be a token that was born.
    if (is_whole_or_nothing(changes) && !done.effects.empty()) {
      static const Query kUnborn{"DELETE FROM tokens WHERE id=?"};
      TRY(auto s, db.use(kUnborn));
      put(s, std::get<Token>(done.effects.front()).id);
      TRY_VOID(s.run());
    }
    return applied;
  }
  return {};
}

bool is_whole_or_nothing(const std::vector<Change>& changes) {
  if (changes.size() == 2)
    return std::holds_alternative<Insert<Token>>(changes[0]) && std::holds_alternative<Insert<AuditEvent>>(changes[1]);
  if (changes.size() != 1) return false;
  // Each refuses before it has written anything, or leaves no line in the feed.
  return std::holds_alternative<Insert<Token>>(changes[0]) || std::holds_alternative<Insert<Alert>>(changes[0]) ||
         std::holds_alternative<Insert<AuditEvent>>(changes[0]) || std::holds_alternative<Update<Token>>(changes[0]);
}

Result<ChainHead> chain_head(Connection& db) {
  ChainHead head;
  TRY(const auto number, db.number("SELECT max(0, coalesce(max(number), 0)) FROM audit"));
  head.number = static_cast<std::uint64_t>(number);
  TRY(auto s, db.once("SELECT link FROM audit WHERE length(link) = 32 ORDER BY number DESC LIMIT 1"));
  TRY(const bool row, s.step());
  if (!row) return head;
  Row r(s);
  take(r, head.link);
  if (!r.sound()) return fault(Fault::StoreCorrupt, "the database holds a value that cannot be; restore a backup");
  return head;
}

Status adopt(Connection& db, const AuditChain& chain) {
  static const Query kNext{select<AuditEvent>("WHERE number > ? ORDER BY number LIMIT 1000")};
  static const Query kLink{"UPDATE audit SET seal=?, link=? WHERE id=?"};
  TRY(const auto held, db.number("SELECT count(*) FROM (SELECT 1 FROM audit WHERE length(link) <> 0 LIMIT 1)"));
  if (held != 0 || !chain.adopts()) return {};
  ChainHead head;
  for (;;) {
    std::vector<AuditEvent> some;
    {
      TRY(auto s, db.use(kNext));
      put(s, head.number);
      TRY(some, every<AuditEvent>(s));
    }
    for (const auto& e : some) {
      const auto seal = chain.seal(e);
      head = {e.number, chain.link(head.link, seal)};
      TRY(auto s, db.use(kLink));
      put(s, seal), put(s, head.link), put(s, e.id);
      TRY_VOID(s.run());
    }
    if (some.empty()) return {};
  }
}

Status note_uses(Connection& db, std::span<const LastUse> uses) {
  static const Query kUpdate{
      "UPDATE tokens SET last_used=?2, last_address=?3 WHERE id=?1 AND (last_used IS NULL OR last_used < "
      "?2)"};
  for (const auto& use : uses) {
    TRY(auto s, db.use(kUpdate));
    put(s, use.token), put(s, use.at), put(s, use.address);
    TRY_VOID(s.run());
  }
  return {};
}

Status note_days(Connection& db, std::span<const DayUse> days) {
  static const Query kAdd{
      "INSERT INTO token_days (token, day, count, last, network, agent) VALUES (?,?,?,?,?,?) ON CONFLICT DO UPDATE SET "
      "count=count+excluded.count, last=excluded.last, network=excluded.network, agent=excluded.agent"};
  for (const auto& day : days) {
    TRY(auto s, db.use(kAdd));
    put_all(s, day);
    TRY_VOID(s.run());
  }
  return {};
}

Status note_quotas(Connection& db, std::span<const QuotaUse> quotas) {
  static const Query kPut{
      "INSERT INTO quotas (subject, day, month, credits) VALUES (?,?,?,?) ON CONFLICT DO UPDATE SET "
      "day=excluded.day, month=excluded.month, credits=excluded.credits"};
  for (const auto& quota : quotas) {
    TRY(auto s, db.use(kPut));
    put_all(s, quota);
    TRY_VOID(s.run());
  }
  return {};
}

namespace {
Status purge_days(Connection& db, Past past, PurgeCounts& counts) {
  static const Query kDays{
      "DELETE FROM token_days WHERE (token, day) IN (SELECT token, day FROM token_days WHERE day < ?1 LIMIT ?2) RETURNING day"};
  TRY(auto s, db.use(kDays));
  put(s, static_cast<std::int64_t>(past.keep_after.seconds() / 86400)), put(s, static_cast<std::uint64_t>(past.limit));
  for (;;) {
    TRY(const bool row, s.step());
    if (!row) return {};
    ++counts.days;
  }
}
}  // namespace

Status purge(Connection& db, Past past, PurgeCounts& counts, Done& done) {
  static const Query kEnded{
      "DELETE FROM tokens WHERE id IN (SELECT id FROM tokens WHERE ended IS NOT NULL AND ended < ?1 LIMIT "
      "?2) RETURNING id"};
  static const Query kExpired{"DELETE FROM tokens WHERE n IN (SELECT n FROM token_ends WHERE expires < ?1 LIMIT ?2) RETURNING id"};
  static const Query kAnswers{
      "DELETE FROM answers WHERE key IN (SELECT key FROM answers WHERE expires <= ?1 LIMIT ?2) RETURNING "
      "key"};
  static const Query kTickets{"DELETE FROM tickets WHERE id IN (SELECT id FROM tickets WHERE expires <= ?1 LIMIT ?2) RETURNING id"};
  static const Query kDeliveries{
      "DELETE FROM deliveries WHERE id IN (SELECT id FROM deliveries WHERE state <> 0 AND next < ?1 LIMIT ?2) "
      "RETURNING id"};
  static const Query kJwts{
      "DELETE FROM revoked_jwts WHERE jti IN (SELECT jti FROM revoked_jwts WHERE expires <= ?1 LIMIT ?2) "
      "RETURNING jti"};
  const auto step = [&](const Query& query, Instant before, std::size_t& count) -> Status {
    if (past.limit == 0) return {};
    TRY(auto s, db.use(query));
    put(s, before), put(s, static_cast<std::uint64_t>(past.limit));
    for (;;) {
      TRY(const bool row, s.step());
      if (!row) return {};
      ++count, --past.limit;
      if (&count != &counts.tokens) continue;
      Row r(s);
      TokenId id;
      take(r, id);
      done.effects.push_back(TokenForgotten{id});
    }
  };
  TRY_VOID(step(kEnded, past.keep_after, counts.tokens));
  TRY_VOID(step(kExpired, past.keep_after, counts.tokens));
  TRY_VOID(step(kAnswers, past.now, counts.answers));
  TRY_VOID(step(kTickets, past.now, counts.tickets));
  TRY_VOID(step(kDeliveries, past.keep_after, counts.deliveries));
  TRY_VOID(step(kJwts, past.now - verify::kRevokedKept, counts.jwts));
  return past.limit == 0 ? Status() : purge_days(db, past, counts);
}

}  // namespace jeton::sqlite
