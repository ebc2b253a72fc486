#include "stores/sqlite/ledger.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "ground/hurry.h"
#include "stores/sqlite/engine/file.h"
#include "stores/sqlite/engine/readers.h"
#include "stores/sqlite/engine/schema.h"
#include "stores/sqlite/known.h"
#include "stores/sqlite/sealed.h"
#include "stores/sqlite/tables.h"
#include "stores/sqlite/token_list.h"
#include "stores/sqlite/writer.h"

namespace jeton::sqlite {
namespace {

using namespace ledger;

// A chunk that a commit waiting behind it does not feel.
constexpr std::size_t kUsesAtOnce = 256;
constexpr std::size_t kPurgedAtOnce = 500;

// Any thread: reads lease a connection each, writes go to the one writer.
class Sqlite final : public Ledger {
 public:
  Sqlite(std::string path, std::optional<Lock> lock, Identity identity)
      : path_(std::move(path)), lock_(std::move(lock)), files_(path_, identity), readers_(path_) {}
  Status write_through(std::unique_ptr<Connection> db, Seq seq, const ChainHead& head) {
    Tail tail;
    TRY_VOID(tail.load(*db));
    // Without a writer of our own nobody would tell of changes.
    known_.begin();
    writer_.emplace(std::move(db), Writer::Begins{std::move(tail), seq, head}, known_, files_);
    return {};
  }

  Result<Committed> commit(std::vector<Change> changes) override;
  void submit(std::vector<Change> changes, Then then) override;
  Status note_uses(std::span<const LastUse> uses) override { return aside(uses, sqlite::note_uses); }
  Status note_days(std::span<const DayUse> days) override { return aside(days, sqlite::note_days); }
  Status note_quotas(std::span<const QuotaUse> quotas) override { return aside(quotas, sqlite::note_quotas); }
  void follow(Follower* follower) override {
    if (writer_) writer_->follow(follower);
  }
  Result<ChainHead> chain(AuditChain* chain) override;

  Result<std::optional<Api>> api(const ApiId& id) override {
    return known_.apis.find(id.text(), [&] { return one<Api>(by_id_query<Api>(), id); });
  }
  Result<std::optional<Api>> api_named(std::string_view name) override;
  Result<std::optional<Api>> api_at(std::string_view audience) override;
  Result<std::optional<Principal>> principal(const PrincipalId& id) override {
    return known_.principals.find(id.text(), [&] { return one<Principal>(by_id_query<Principal>(), id); });
  }
  Result<std::optional<Principal>> principal_named(PrincipalKind kind, std::string_view name) override;
  Result<std::vector<Principal>> users_at(std::string_view email, std::size_t limit) override;
  Result<std::optional<Device>> device(const DeviceId& id) override { return one<Device>(by_id_query<Device>(), id); }
  Result<std::optional<Client>> client(const ClientId& id) override {
    return known_.clients.find(id.text(), [&] { return one<Client>(by_id_query<Client>(), id); });
  }
  Result<std::optional<Token>> token(const TokenId& id) override { return one<Token>(by_id_query<Token>(), id); }
  Result<std::optional<Token>> token_but_use(const TokenId& id) override {
    return known_.tokens.find(id, [&] { return token(id); });
  }
  Result<std::optional<Token>> token_by_hash(const crypto::Sha256Digest& hash) override;
  Result<std::optional<SigningKey>> key(const KeyId& id) override { return one<SigningKey>(by_id_query<SigningKey>(), id); }
  Result<std::optional<Rule>> rule(const RuleId& id) override { return one<Rule>(by_id_query<Rule>(), id); }
  Result<std::optional<Alert>> alert(const AlertId& id) override { return one<Alert>(by_id_query<Alert>(), id); }
  Result<std::optional<Webhook>> webhook(const WebhookId& id) override { return one<Webhook>(by_id_query<Webhook>(), id); }
  Result<std::optional<Stream>> stream(const StreamId& id) override { return one<Stream>(by_id_query<Stream>(), id); }
  Result<std::optional<Delivery>> delivery(const DeliveryId& id) override { return one<Delivery>(by_id_query<Delivery>(), id); }
  Result<std::optional<Ticket>> ticket(const crypto::Sha256Digest& id) override { return one<Ticket>(by_id_query<Ticket>(), id); }
  Result<std::vector<Ticket>> lasting_of(const PrincipalId& of, Instant now) override;
  Result<std::optional<Credential>> credential_by_handle(std::string_view handle) override;
  Result<std::optional<SavedAnswer>> answer(const crypto::Sha256Digest& key, Instant now) override;
  Result<std::optional<Setting>> setting(std::string_view name) override;

  Result<std::vector<Api>> apis(const PageOf<ApiId>& page) override;
  Result<std::vector<Principal>> principals(PrincipalKind kind, const PageOf<PrincipalId>& page) override;
  Result<std::vector<Device>> devices(const std::optional<PrincipalId>& of, const PageOf<DeviceId>& page) override;
  Result<std::vector<Client>> clients(const PageOf<ClientId>& page) override { return paged<Client>(page); }
  Result<std::vector<Token>> tokens(const TokenFilter& filter, const PageOf<TokenId>& page, Instant now) override;
  Result<std::vector<Token>> own_grants(const ClientId& of) override;
  Result<std::vector<Credential>> credentials(const PrincipalId& of) override;
  Result<std::vector<SigningKey>> keys() override;
  Result<std::vector<Rule>> rules() override;
  Result<std::vector<Alert>> alerts(const PageOf<AlertId>& page) override { return paged<Alert>(page); }
  Result<std::vector<AuditEvent>> audit(const PageOf<EventId>& page) override { return paged<AuditEvent>(page); }
  Result<std::vector<AuditEvent>> audit_after(std::uint64_t number, std::size_t limit) override;
  Result<std::vector<Webhook>> webhooks(const PageOf<WebhookId>& page) override { return paged<Webhook>(page); }
  Result<std::vector<Stream>> streams(const PageOf<StreamId>& page) override { return paged<Stream>(page); }
  Result<std::vector<Delivery>> deliveries(const DeliveryFilter& filter, const PageOf<DeliveryId>& page) override;
  Result<std::vector<Delivery>> due_deliveries(Instant now, std::size_t limit) override;
  Result<std::size_t> waiting_deliveries(const WebhookId& of) override;
  Result<std::size_t> waiting_deliveries(const StreamId& of) override;
  Result<std::vector<Delivery>> waiting_for(const StreamId& stream, std::size_t limit) override;
  Result<std::vector<Setting>> settings(std::string_view prefix) override;
  Result<std::vector<DayUse>> days_of(const TokenId& token) override;
  Result<std::vector<QuotaUse>> quotas() override;
  Result<std::vector<RevokedJwt>> revoked_jwts(Instant now) override;
  Result<std::vector<FeedEntry>> feed(Seq after, std::size_t limit) override;
  Result<Seq> last_seq() override;

  Status scan_tokens(TokenVisitor& visitor) override;
  Status scan_audit(AuditVisitor& visitor) override;
  Result<PurgeCounts> purge(Instant now, Instant keep_after, std::size_t limit) override;
  Status backup(const std::string& path) override;
  Result<bool> nothing_sealed_under(std::uint32_t data_key) override;
  Result<std::vector<SealedValue>> sealed_otherwise(std::uint32_t data_key, std::size_t limit) override;
  Result<std::map<std::uint32_t, Hashes>> hashes(Instant now) override;
  Status healthy() override;

 private:
  template <class R, class... Keys>
  Result<std::optional<R>> one(const Query& query, const Keys&... keys) {
    TRY(auto db, readers_.lease());
    TRY(auto s, db->use(query));
    (put(s, keys), ...);
    return first<R>(s);
  }
  template <class R, class... Keys>
  Result<std::vector<R>> many(const Query& query, const Keys&... keys) {
    TRY(auto db, readers_.lease());
    TRY(auto s, db->use(query));
    (put(s, keys), ...);
    return every<R>(s);
  }
  // Newest first. An absent `before` is above every id: longer than any, and all ones.
  template <class R, class IdType>
  Result<std::vector<R>> paged(const PageOf<IdType>& page) {
    static const Query first{select<R>("ORDER BY id DESC LIMIT ?")};
    static const Query next{select<R>("WHERE id < ? ORDER BY id DESC LIMIT ?")};
    const auto limit = static_cast<std::uint64_t>(page.limit);
    return page.before ? many<R>(next, *page.before, limit) : many<R>(first, limit);
  }
  // What may be lost with the machine, in chunks.
  template <class R>
  Status aside(std::span<const R> all, Status (*note)(Connection&, std::span<const R>)) {
    if (!writer_) return refuse(Refusal::Unsupported, "the database is open for looking only");
    while (!all.empty()) {
      const auto part = all.first(std::min(kUsesAtOnce, all.size()));
      all = all.subspan(part.size());
      TRY_VOID(writer_->aside([part, note](Connection& db, Done&) { return note(db, part); }));
    }
    return {};
  }
  Result<Committed> promise(std::vector<Change> changes);
  Status probe();
  Status readable();

  const std::string path_;
  std::optional<Lock> lock_;
  Underfoot files_;
  Known known_;
  std::optional<Writer> writer_;  // before the lock, so that nothing is written once that is free
  Readers readers_;               // first: the last connection to go folds the log into the file, and must be one that writes
};

std::unexpected<Failure> read_only() { return refuse(Refusal::Unsupported, "the database is open for looking only"); }

Result<Committed> Sqlite::commit(std::vector<Change> changes) {
  if (!writer_) return read_only();
  return Hurry::is_on() ? promise(std::move(changes)) : writer_->commit(std::move(changes));
}

// In a hurry nobody learns what a commit did: what asks for that waits.
Result<Committed> Sqlite::promise(std::vector<Change> changes) {
  for (const auto& change : changes)
    if (std::holds_alternative<EndTokens>(change)) TRY_VOID(Hurry::may_wait());
  const bool first = Hurry::promise([this, changes = std::move(changes)](Hurry::Kept kept) mutable {
    writer_->submit(std::move(changes), [kept = std::move(kept)](const Result<Committed>& done) { kept(done.has_value()); });
  });
  if (!first) return fault(Fault::StoreUnavailable, "this cannot be answered without waiting");
  return Committed{};
}

void Sqlite::submit(std::vector<Change> changes, Then then) {
  if (!writer_) return then(read_only());
  writer_->submit(std::move(changes), std::move(then));
}

Result<std::optional<Api>> Sqlite::api_named(std::string_view name) {
  static const Query query{select<Api>("WHERE name=? AND deleted IS NULL")};
  return known_.apis.find("=" + std::string(name), [&] { return one<Api>(query, std::string(name)); });
}

Result<std::optional<Api>> Sqlite::api_at(std::string_view audience) {
  static const Query query{select<Api>("WHERE audience=? AND deleted IS NULL ORDER BY id DESC LIMIT 1")};
  return known_.apis.find("@" + std::string(audience), [&] { return one<Api>(query, std::string(audience)); });
}

Result<std::optional<Principal>> Sqlite::principal_named(PrincipalKind kind, std::string_view name) {
  static const Query query{select<Principal>("WHERE name=? AND substr(id, 1, 1)=? AND standing <> 2")};
  const auto key = (kind == PrincipalKind::User ? "u=" : "s=") + std::string(name);
  return known_.principals.find(
      key, [&] { return one<Principal>(query, std::string(name), Bytes{static_cast<std::uint8_t>(kind)}); },
      [](const Principal& found) { return found.id.text(); });
}

Result<std::vector<Principal>> Sqlite::users_at(std::string_view email, std::size_t limit) {
  static const Query query{
      select<Principal>("WHERE email COLLATE NOCASE = ? AND email <> '' AND standing <> 2 AND id < x'01' ORDER BY id LIMIT ?")};
  return many<Principal>(query, std::string(email), static_cast<std::uint64_t>(limit));
}

// By an index of nothing else: a client may have millions of tokens.
Result<std::vector<Token>> Sqlite::own_grants(const ClientId& of) {
  static const Query query{
      select<Token>("INDEXED BY tokens_own WHERE client=? AND kind = 3 AND substr(principal, 1, 1) = x'01' AND ended IS NULL ORDER BY id")};
  return many<Token>(query, of);
}

// In the tail the newest first: who has just begun a session shows it most.
Result<std::optional<Token>> Sqlite::token_by_hash(const crypto::Sha256Digest& hash) {
  static const Query query{select<Token>("WHERE n = (SELECT n FROM token_hashes WHERE hash=?1) AND kind <> 3") +
                           " UNION ALL SELECT * FROM (" +
                           select<Token>("WHERE n > (SELECT n FROM token_tail) AND hash=?1 AND kind <> 3 ORDER BY n DESC LIMIT 1") + ")"};
  return one<Token>(query, hash);
}

Result<std::optional<Credential>> Sqlite::credential_by_handle(std::string_view handle) {
  static const Query query{select<Credential>("WHERE handle=? AND kind=3")};
  return one<Credential>(query, std::string(handle));
}

Result<std::vector<Credential>> Sqlite::credentials(const PrincipalId& of) {
  static const Query query{select<Credential>("WHERE principal=? ORDER BY id")};
  return many<Credential>(query, of);
}

Result<std::optional<SavedAnswer>> Sqlite::answer(const crypto::Sha256Digest& key, Instant now) {
  static const Query query{select<SavedAnswer>("WHERE key=? AND expires > ?")};
  return one<SavedAnswer>(query, key, now);
}

Result<std::optional<Setting>> Sqlite::setting(std::string_view name) {
  static const Query query{select<Setting>("WHERE name=?")};
  return one<Setting>(query, std::string(name));
}

Result<std::vector<Api>> Sqlite::apis(const PageOf<ApiId>& page) {
  static const Query first{select<Api>("WHERE deleted IS NULL ORDER BY id DESC LIMIT ?")};
  static const Query next{select<Api>("WHERE id < ? AND deleted IS NULL ORDER BY id DESC LIMIT ?")};
  const auto limit = static_cast<std::uint64_t>(page.limit);
  return page.before ? many<Api>(next, *page.before, limit) : many<Api>(first, limit);
}

Result<std::vector<Principal>> Sqlite::principals(PrincipalKind kind, const PageOf<PrincipalId>& page) {
  // The kind is the key's first octet, so each kind is a range of keys.
  static const Query query{select<Principal>("WHERE id >= ? AND id < ? ORDER BY id DESC LIMIT ?")};
  const auto octet = static_cast<std::uint8_t>(kind);
  Bytes above = {static_cast<std::uint8_t>(octet + 1)};
  if (page.before) {
    if (page.before->kind() < kind) return std::vector<Principal>();
    if (page.before->kind() == kind) {
      above = {octet};
      const auto& ulid = page.before->ulid().octets;
      above.insert(above.end(), ulid.begin(), ulid.end());
    }
  }
  return many<Principal>(query, Bytes{octet}, above, static_cast<std::uint64_t>(page.limit));
}

Result<std::vector<Device>> Sqlite::devices(const std::optional<PrincipalId>& of, const PageOf<DeviceId>& page) {
  static const Query first{select<Device>("WHERE principal=? ORDER BY id DESC LIMIT ?")};
  static const Query next{select<Device>("WHERE principal=? AND id < ? ORDER BY id DESC LIMIT ?")};
  if (!of) return paged<Device>(page);
  const auto limit = static_cast<std::uint64_t>(page.limit);
  return page.before ? many<Device>(next, *of, *page.before, limit) : many<Device>(first, *of, limit);
}

Result<std::vector<Token>> Sqlite::tokens(const TokenFilter& filter, const PageOf<TokenId>& page, Instant now) {
  // So that a principal's tokens are found in order, and others by their end.
  if (writer_ && by_entered(filter)) TRY_VOID(writer_->fold());
  TRY(auto db, readers_.lease());
  return list_tokens(*db, {filter, page, now, writer_ ? Tailed::No : Tailed::Perhaps});
}

Result<std::vector<SigningKey>> Sqlite::keys() {
  static const Query query{select<SigningKey>("ORDER BY id")};
  return many<SigningKey>(query);
}

Result<std::vector<Rule>> Sqlite::rules() {
  static const Query query{select<Rule>("ORDER BY id")};
  return many<Rule>(query);
}

Result<std::vector<DayUse>> Sqlite::days_of(const TokenId& token) {
  static const Query query{select<DayUse>("WHERE token=? ORDER BY day DESC")};
  return many<DayUse>(query, token);
}

Result<std::vector<QuotaUse>> Sqlite::quotas() {
  static const Query query{select<QuotaUse>("ORDER BY subject")};
  return many<QuotaUse>(query);
}

Result<std::vector<Setting>> Sqlite::settings(std::string_view prefix) {
  static const Query query{select<Setting>("WHERE name >= ?1 AND name < ?1 || char(1114111) ORDER BY name")};
  const std::string beginning(prefix);
  TRY(auto found, known_.settings.find(beginning, [&]() -> Result<std::optional<std::vector<Setting>>> {
    TRY(auto read, many<Setting>(query, beginning));
    return read;
  }));
  return *std::move(found);
}

Result<std::vector<RevokedJwt>> Sqlite::revoked_jwts(Instant now) {
  static const Query query{select<RevokedJwt>("WHERE expires > ? ORDER BY jti")};
  return many<RevokedJwt>(query, now);
}

Result<std::vector<FeedEntry>> Sqlite::feed(Seq after, std::size_t limit) {
  static const Query query{select<FeedEntry>("WHERE seq > ? ORDER BY seq LIMIT ?")};
  return many<FeedEntry>(query, after, static_cast<std::uint64_t>(limit));
}

Result<Seq> Sqlite::last_seq() {
  TRY(auto db, readers_.lease());
  return last_seq_of(*db);
}

Status Sqlite::scan_tokens(TokenVisitor& visitor) {
  // A connection of its own: a scan lasts, and its pages are of no use to the next reader.
  TRY(auto db, Connection::open(path_, Mode::Read));
  return scan(*db, visitor);
}

Status Sqlite::scan_audit(AuditVisitor& visitor) {
  TRY(auto db, Connection::open(path_, Mode::Read));
  TRY(auto s, db->once(select<AuditEvent>("ORDER BY number")));
  AuditEvent event;
  for (;;) {
    TRY(const bool row, s.step());
    if (!row) return {};
    TRY_VOID(read_into(s, event));
    if (!visitor.visit(event)) return {};
  }
}

Result<ChainHead> Sqlite::chain(AuditChain* chain) {
  if (!writer_) return read_only();
  return writer_->chain(chain);
}

Result<std::vector<AuditEvent>> Sqlite::audit_after(std::uint64_t number, std::size_t limit) {
  static const Query query{select<AuditEvent>("WHERE number > ? ORDER BY number LIMIT ?")};
  return many<AuditEvent>(query, number, static_cast<std::uint64_t>(limit));
}

Result<std::vector<Delivery>> Sqlite::deliveries(const DeliveryFilter& filter, const PageOf<DeliveryId>& page) {
  std::string conditions = "WHERE 1";
  if (page.before) conditions += " AND id < ?";
  if (filter.webhook) conditions += filter.webhook->none() ? " AND webhook IS NULL AND stream IS NULL" : " AND webhook = ?";
  if (filter.stream) conditions += " AND stream IS ?";
  if (filter.state) conditions += " AND state = ?";
  TRY(auto db, readers_.lease());
  TRY(auto s, db->once(select<Delivery>(conditions + " ORDER BY id DESC LIMIT ?")));
  if (page.before) put(s, *page.before);
  if (filter.webhook && !filter.webhook->none()) put(s, *filter.webhook);
  if (filter.stream) put(s, *filter.stream);
  if (filter.state) put(s, *filter.state);
  put(s, static_cast<std::uint64_t>(page.limit));
  return every<Delivery>(s);
}

Result<std::vector<Delivery>> Sqlite::due_deliveries(Instant now, std::size_t limit) {
  static const Query query{select<Delivery>("WHERE state = 0 AND next <= ? ORDER BY next, id LIMIT ?")};
  return many<Delivery>(query, now, static_cast<std::uint64_t>(limit));
}

Result<std::size_t> Sqlite::waiting_deliveries(const WebhookId& of) {
  static const Query query{"SELECT count(*) FROM deliveries WHERE webhook IS ? AND stream IS NULL AND state = 0"};
  TRY(auto db, readers_.lease());
  TRY(auto s, db->use(query));
  put(s, of);
  TRY_VOID(s.step());
  return static_cast<std::size_t>(sqlite3_column_int64(s.row(), 0));
}

Result<std::size_t> Sqlite::waiting_deliveries(const StreamId& of) {
  static const Query query{"SELECT count(*) FROM deliveries WHERE stream = ? AND state = 0"};
  TRY(auto db, readers_.lease());
  TRY(auto s, db->use(query));
  put(s, of);
  TRY_VOID(s.step());
  return static_cast<std::size_t>(sqlite3_column_int64(s.row(), 0));
}

Result<std::vector<Delivery>> Sqlite::waiting_for(const StreamId& stream, std::size_t limit) {
  static const Query query{select<Delivery>("WHERE stream = ? AND state = 0 ORDER BY id LIMIT ?")};
  return many<Delivery>(query, stream, static_cast<std::uint64_t>(limit));
}

Result<PurgeCounts> Sqlite::purge(Instant now, Instant keep_after, std::size_t limit) {
  if (!writer_) return read_only();
  PurgeCounts total;
  while (limit > 0) {
    PurgeCounts step;
    const auto at_once = std::min(limit, kPurgedAtOnce);
    TRY_VOID(writer_->fold());
    TRY_VOID(writer_->aside([&](Connection& db, Done& done) { return sqlite::purge(db, {now, keep_after, at_once}, step, done); }));
    total.tokens += step.tokens, total.answers += step.answers, total.jwts += step.jwts, total.tickets += step.tickets,
        total.deliveries += step.deliveries, total.days += step.days;
    const auto gone = step.all();
    if (gone < at_once) break;
    limit -= gone;
  }
  return total;
}

Status Sqlite::backup(const std::string& path) {
  const auto target = full_path(path);
  TRY_VOID(create_private(target));
  const auto copy = [&]() -> Status {
    TRY(auto db, Connection::open(path_, Mode::Read));
    TRY(auto s, db->once("VACUUM INTO ?"));
    s.text(target);
    return s.run();
  };
  auto done = copy();
  if (done) done = sync_file(target);
  if (!done) ::unlink(target.c_str());  // ours: it was made above
  return done;
}

Result<bool> Sqlite::nothing_sealed_under(std::uint32_t data_key) {
  TRY(auto db, Connection::open(path_, Mode::Read));
  return sqlite::nothing_sealed_under(*db, data_key);
}

Result<std::vector<SealedValue>> Sqlite::sealed_otherwise(std::uint32_t data_key, std::size_t limit) {
  TRY(auto db, Connection::open(path_, Mode::Read));
  return sqlite::sealed_otherwise(*db, data_key, limit);
}

Result<std::map<std::uint32_t, Hashes>> Sqlite::hashes(Instant now) {
  TRY(auto db, Connection::open(path_, Mode::Read));
  return sqlite::hashes(*db, now);
}

Result<std::vector<Ticket>> Sqlite::lasting_of(const PrincipalId& of, Instant now) {
  static const Query query{select<Ticket>("WHERE kind = 9 AND principal = ? AND expires > ? ORDER BY created, id")};
  return many<Ticket>(query, of, now);
}

// Writes and removes some pages: proof that a full disk has room again.
Status Sqlite::probe() {
  TRY_VOID(writer_->aside([](Connection& db, Done&) { return db.run("INSERT INTO probe VALUES (zeroblob(65536))"); }));
  return writer_->aside([](Connection& db, Done&) { return db.run("DELETE FROM probe"); });
}

// A row of each table, by a connection that has seen none of it yet: where the log or the file is damaged, most of them cannot be had.
Status Sqlite::readable() {
  TRY(auto db, Connection::open(path_, Mode::Read));
  std::vector<std::string> tables;
  {
    TRY(auto s, db->once("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"));
    for (;;) {
      TRY(const bool row, s.step());
      if (!row) break;
      tables.emplace_back(Row(s).text());
    }
  }
  for (const auto& table : tables) TRY_VOID(db->number("SELECT 1 FROM " + table + " LIMIT 1"));
  return {};
}

Status Sqlite::healthy() {
  if (!writer_) return readable();
  if (const auto there = files_.in_place(); !there) {
    // The writer saves what it can.
    (void)writer_->aside([](Connection&, Done&) -> Status { return {}; });
    return there;
  }
  TRY_VOID(readable());
  TRY_VOID(writable(path_));
  if (const auto last = writer_->last(); !last && last.error().is(Fault::StoreCorrupt)) return last;
  if (writer_->last()) return {};
  return probe();
}

Status use_log(Connection& db) {
  TRY(auto s, db.once("PRAGMA journal_mode=WAL"));
  TRY(const bool row, s.step());
  if (!row || Row(s).text() != "wal")
    return fault(Fault::Config, "the folder's file system cannot share memory between programs; choose another");
  return s.run();
}

Result<std::unique_ptr<Connection>> open_writer(const std::string& path) {
  TRY(const auto look, look_at(path));
  TRY_VOID(recognise(look));
  TRY(auto db, Connection::open(path, Mode::Write));
  if (look.nature == Nature::Empty) TRY_VOID(mark(*db));
  TRY_VOID(not_newer(*db));
  TRY_VOID(use_log(*db));
  // FULL: a revocation that was acknowledged is on the disk. A late checkpoint writes a page once for many
  // commits. What was deleted is not overwritten: no column authenticates, so it would guard nothing.
  TRY_VOID(
      db->run("PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA temp_store=MEMORY;"
              "PRAGMA secure_delete=OFF; PRAGMA cache_size=-8192; PRAGMA wal_autocheckpoint=8000;"
              "PRAGMA journal_size_limit=67108864"));
  TRY_VOID(migrate(*db));
  return db;
}

}  // namespace

Result<std::unique_ptr<Ledger>> open(const std::string& path) {
  const auto full = full_path(path);
  TRY(auto lock, Lock::take(full));
  if (!file_exists(full)) TRY_VOID(create_private(full));
  TRY(auto db, open_writer(full));
  TRY(const auto identity, identity_of(full));
  TRY(const auto seq, last_seq_of(*db));
  TRY(const auto head, chain_head(*db));
  auto ledger = std::make_unique<Sqlite>(full, std::move(lock), identity);
  TRY_VOID(ledger->write_through(std::move(db), seq, head));
  return ledger;
}

bool holds_something(const std::string& path) {
  struct stat status{};
  if (::stat(full_path(path).c_str(), &status) != 0) return errno != ENOENT;
  return status.st_size != 0;
}

Result<std::unique_ptr<Ledger>> open_read_only(const std::string& path) {
  const auto full = full_path(path);
  TRY(const auto identity, identity_of(full));
  TRY(const auto look, look_at(full));
  TRY_VOID(recognise(look));
  TRY(auto db, Connection::open(full, Mode::Read));
  TRY_VOID(is_current(*db));
  return std::make_unique<Sqlite>(full, std::nullopt, identity);
}

}  // namespace jeton::sqlite
