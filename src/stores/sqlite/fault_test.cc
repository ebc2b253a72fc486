// Files that are not ours, damaged files, full disks: a clear error, and nothing changed.
#include <gtest/gtest.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <filesystem>
#include <fstream>

#include "stores/ledger_suite.h"
#include "stores/sqlite/engine/file.h"
#include "stores/sqlite/ledger.h"

namespace jeton::sqlite {
namespace {

using namespace ledger;
using namespace stores::suite;
namespace fs = std::filesystem;

class SqliteFile : public ::testing::Test {
 protected:
  std::string path() const { return folder_.file("ledger.db"); }
  std::unique_ptr<Ledger> opened() {
    auto made = open(path());
    if (made) return std::move(*made);
    ADD_FAILURE() << made.error().detail();
    return nullptr;
  }
  void fill(std::uint64_t count) {
    auto ledger = opened();
    for (std::uint64_t n = 1; n <= count; n += 500) {
      std::vector<Change> changes;
      for (auto i = n; i < n + 500 && i <= count; ++i) changes.emplace_back(Insert<Token>{full_token(i)});
      ASSERT_TRUE(ledger->commit(std::move(changes)));
    }
  }
  void sql(const char* text) {
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open(path().c_str(), &db), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(db, text, nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
    sqlite3_close(db);
  }
  std::string octets() const {
    std::ifstream in(path(), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void write(const std::string& text) const { std::ofstream(path(), std::ios::binary) << text; }
  // Opening fails as said, and the file is as it was.
  void refused(Fault with) {
    const auto before = octets();
    const auto made = open(path());
    ASSERT_FALSE(made);
    EXPECT_TRUE(made.error().is(with)) << made.error().name() << ": " << made.error().detail();
    EXPECT_FALSE(made.error().detail().empty());
    EXPECT_EQ(octets(), before);
    EXPECT_FALSE(fs::exists(path() + "-wal"));
  }

  Folder folder_;
};

mode_t mode_of(const std::string& path) {
  struct stat st{};
  return ::stat(path.c_str(), &st) == 0 ? st.st_mode & 07777 : 0;
}

TEST_F(SqliteFile, EverythingIsThereAfterReopening) {
  {
    auto ledger = opened();
    ASSERT_TRUE(ledger->commit({Insert<Api>{api(1)}, Insert<Principal>{principal(1)}, Insert<Token>{full_token(2)}, Insert<Token>{token(3)},
                                PutSetting{{"brand", "\"jtn\"", 0}}}));
    ASSERT_TRUE(ledger->commit({end(TokensOf{TokenId(ulid(3))}), RevokeJwt{{TokenId(ulid(9)), at(90), at(1)}}}));
  }
  auto ledger = opened();
  EXPECT_EQ(show(ledger->token(TokenId(ulid(2))).value().value()), show(full_token(2)));
  EXPECT_TRUE(ledger->token(TokenId(ulid(3))).value().value().ended);
  EXPECT_EQ(ledger->revoked_jwts(at(0)).value().size(), 1u);
  EXPECT_EQ(ledger->setting("brand").value().value().version, 1u);
  EXPECT_EQ(ledger->last_seq().value(), 4u);
  EXPECT_EQ(ledger->commit({end(TokensOf{TokenId(ulid(2))})}).value().seq, 5u);
}

TEST_F(SqliteFile, FilesAreForTheirOwnerAlone) {
  auto ledger = opened();
  ASSERT_TRUE(ledger->commit({Insert<Token>{token(1)}}));
  for (const auto* end : {"", "-wal", "-shm", ".lock"}) EXPECT_EQ(mode_of(path() + end), 0600u) << end;
}

TEST_F(SqliteFile, TwoLedgersNeverShareAFile) {
  auto first = opened();
  const auto second = open(path());
  ASSERT_FALSE(second);
  EXPECT_TRUE(second.error().is(Fault::StoreUnavailable));
  EXPECT_TRUE(first->commit({Insert<Token>{token(1)}}));
  first.reset();
  EXPECT_TRUE(opened()->token(TokenId(ulid(1))).value());
}

// Two servers would not hear of each other's revocations.
TEST_F(SqliteFile, NorByAnotherName) {
  const auto elsewhere = folder_.file("elsewhere");
  fs::create_directory(elsewhere);
  fs::create_symlink(path(), elsewhere + "/link.db");
  auto first = opened();
  const auto second = open(elsewhere + "/link.db");
  ASSERT_FALSE(second);
  EXPECT_TRUE(second.error().is(Fault::StoreUnavailable));
  EXPECT_FALSE(Lock::take(elsewhere + "/link.db"));
  ASSERT_TRUE(first->commit({Insert<Token>{token(1)}}));
  first.reset();
  const auto by_link = open(elsewhere + "/link.db");
  ASSERT_TRUE(by_link);
  EXPECT_TRUE((*by_link)->token(TokenId(ulid(1))).value());
  EXPECT_FALSE(open(path()));
}

TEST_F(SqliteFile, AToolMayLookBesideTheServer) {
  auto server = opened();
  ASSERT_TRUE(server->commit({Insert<Token>{token(1)}}));
  auto tool = open_read_only(path());
  ASSERT_TRUE(tool) << tool.error().detail();
  EXPECT_TRUE((*tool)->token(TokenId(ulid(1))).value());
  const auto refused = (*tool)->commit({Insert<Token>{token(2)}});
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().is(Refusal::Unsupported));
  ASSERT_TRUE(server->commit({Insert<Token>{token(2)}}));
  EXPECT_TRUE((*tool)->token(TokenId(ulid(2))).value());
  tool->reset();
  server.reset();
  tool = open_read_only(path());
  ASSERT_TRUE(tool) << tool.error().detail();
  EXPECT_TRUE((*tool)->token(TokenId(ulid(2))).value());
}

TEST_F(SqliteFile, WhatIsNotADatabaseIsRefused) {
  write(std::string(10000, 'x'));
  refused(Fault::StoreCorrupt);
}

TEST_F(SqliteFile, AnotherProgramsDatabaseIsRefused) {
  sql("CREATE TABLE notes (text)");
  refused(Fault::Config);
  EXPECT_FALSE(open_read_only(path()));
}

TEST_F(SqliteFile, AnotherProgramsLogIsLeftAlone) {
  // A log that its writer did not get to put away: opening it with SQLite would.
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(path().c_str(), &db), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(db, "PRAGMA journal_mode=WAL; CREATE TABLE notes (text)", nullptr, nullptr, nullptr), SQLITE_OK);
  const auto before = octets();
  const auto size = fs::file_size(path() + "-wal");
  EXPECT_TRUE(open(path()).error().is(Fault::Config));
  EXPECT_EQ(octets(), before);
  EXPECT_EQ(fs::file_size(path() + "-wal"), size);
  sqlite3_close(db);
}

TEST_F(SqliteFile, AnEmptyFileBecomesALedger) {
  write("");
  EXPECT_TRUE(opened()->commit({Insert<Token>{token(1)}}));
  write("short");
  refused(Fault::StoreCorrupt);
}

TEST_F(SqliteFile, ANewerDatabaseIsRefused) {
  fill(1);
  sql("UPDATE schema_version SET version = version + 1; PRAGMA wal_checkpoint(TRUNCATE); PRAGMA "
      "journal_mode=DELETE");
  refused(Fault::Config);
  // The twin: put back, it opens.
  sql("UPDATE schema_version SET version = version - 1");
  EXPECT_TRUE(opened()->token(TokenId(ulid(1))).value());
}

// Tables as they were before tokens had numbers.
TEST_F(SqliteFile, AnOlderDatabaseIsBroughtToTodaysTables) {
  fill(700);
  sql("DROP TRIGGER token_gone; DROP TRIGGER token_rehashed; DROP TRIGGER token_end_moved;"
      "DROP TABLE token_tail; DROP TABLE token_hashes; DROP TABLE token_principals; DROP TABLE token_ends;"
      "CREATE TABLE old (id BLOB PRIMARY KEY NOT NULL, hash BLOB NOT NULL, kind INTEGER NOT NULL, pepper INTEGER NOT NULL,"
      " hint TEXT NOT NULL, principal BLOB, device BLOB, api BLOB, client BLOB, scopes TEXT, name TEXT NOT NULL, metadata TEXT,"
      " network TEXT, created INTEGER NOT NULL, expires INTEGER, ended INTEGER, end_reason INTEGER NOT NULL,"
      " end_note TEXT NOT NULL, family BLOB, predecessor BLOB, successor BLOB, parent BLOB, overlap_until INTEGER,"
      " overlap INTEGER NOT NULL, on_reuse INTEGER NOT NULL, last_used INTEGER, last_address BLOB, version INTEGER NOT NULL,"
      " confirmation TEXT NOT NULL DEFAULT '') STRICT;"
      "INSERT INTO old SELECT id, hash, kind, pepper, hint, principal, device, api, client, scopes, name, metadata, network,"
      " created, expires, ended, end_reason, end_note, family, predecessor, successor, parent, overlap_until, overlap, on_reuse,"
      " last_used, last_address, version, confirmation FROM tokens;"
      "DROP TABLE tokens; ALTER TABLE old RENAME TO tokens; CREATE UNIQUE INDEX tokens_hash ON tokens (hash);"
      "CREATE INDEX tokens_principal ON tokens (principal, id);"
      "DROP INDEX audit_number; ALTER TABLE audit DROP COLUMN trace_id; ALTER TABLE audit DROP COLUMN number;"
      "ALTER TABLE audit DROP COLUMN seal; ALTER TABLE audit DROP COLUMN link; DROP TABLE webhooks; DROP TABLE deliveries; DROP TABLE streams;"
      "ALTER TABLE apis DROP COLUMN limits; ALTER TABLE principals DROP COLUMN limits; ALTER TABLE clients DROP COLUMN limits;"
      "DROP TABLE token_days; DROP TABLE quotas; DROP INDEX principals_email; DROP INDEX tickets_lasting; ALTER TABLE tickets DROP COLUMN pepper;"
      "ALTER TABLE credentials DROP COLUMN pepper; UPDATE schema_version SET version = 3");
  auto ledger = opened();
  for (const std::uint64_t n : {1ul, 350ul, 700ul}) {
    auto expected = full_token(n);
    expected.limits.clear();
    expected.hold = {};
    EXPECT_EQ(show(ledger->token(TokenId(ulid(n))).value().value()), show(expected));
    EXPECT_EQ(ledger->token_by_hash(digest(n)).value().value().id, TokenId(ulid(n)));
  }
  TokenFilter filter;
  filter.principal = full_token(1).principal;
  EXPECT_EQ(ledger->tokens(filter, {std::nullopt, 1000}, at(0)).value().size(), 700u);
  EXPECT_TRUE(ledger->commit({Insert<Token>{full_token(701)}}));
  EXPECT_TRUE(ledger->token_by_hash(digest(701)).value());
}

TEST_F(SqliteFile, WhatIsInTheTailIsFoundByWhoOnlyLooks) {
  fill(5);
  const auto looking = open_read_only(path());
  ASSERT_TRUE(looking);
  EXPECT_TRUE((*looking)->token_by_hash(digest(5)).value());
  TokenFilter filter;
  filter.principal = full_token(1).principal;
  EXPECT_EQ((*looking)->tokens(filter, {std::nullopt, 1000}, at(0)).value().size(), 5u);
}

TEST_F(SqliteFile, AMissingFolderIsAFault) {
  const auto made = open(folder_.file("none/ledger.db"));
  ASSERT_FALSE(made);
  EXPECT_TRUE(made.error().is(Fault::StoreUnavailable));
  EXPECT_FALSE(open_read_only(folder_.file("none.db")));
  EXPECT_FALSE(fs::exists(folder_.file("none.db")));
}

struct Count final : TokenVisitor {
  bool visit(const Token&) override { return ++seen, true; }
  std::size_t seen = 0;
};

TEST_F(SqliteFile, ACutFileIsSeenAsDamaged) {
  fill(3000);
  fs::resize_file(path(), fs::file_size(path()) / 2);
  const auto made = open(path());
  if (!made) {
    EXPECT_TRUE(made.error().is(Fault::StoreCorrupt));
    return;
  }
  Count count;
  const auto scanned = (*made)->scan_tokens(count);
  ASSERT_FALSE(scanned);
  EXPECT_TRUE(scanned.error().is(Fault::StoreCorrupt)) << scanned.error().name();
}

TEST_F(SqliteFile, AValueThatCannotBeIsDamage) {
  fill(2);
  for (const auto* damage : {"kind = 99", "hint = 'toolong'", "principal = x'0211'", "network = 'x'", "network = '+1.2.3.4/33'",
                             "scopes = 'no end'", "metadata = char(97, 10)", "last_address = x'010203'", "device = x'00'"}) {
    sql((std::string("UPDATE tokens SET ") + damage + " WHERE rowid = 1").c_str());
    const auto found = opened()->token(TokenId(ulid(1)));
    ASSERT_FALSE(found) << damage;
    EXPECT_TRUE(found.error().is(Fault::StoreCorrupt)) << damage;
    sql("UPDATE tokens SET (kind, hint, principal, network, scopes, metadata, last_address, device) = "
        "(SELECT kind, hint,"
        " principal, network, scopes, metadata, last_address, device FROM tokens WHERE rowid = 2) WHERE "
        "rowid = 1");
    EXPECT_TRUE(opened()->token(TokenId(ulid(1)))) << damage;
  }
}

TEST_F(SqliteFile, ABackupIsAWholeLedger) {
  auto ledger = opened();
  for (std::uint64_t n = 1; n <= 50; ++n) ASSERT_TRUE(ledger->commit({Insert<Token>{full_token(n)}}));
  ASSERT_TRUE(ledger->commit({end(TokensOf{TokenId(ulid(7))})}));
  const auto copy = folder_.file("copy.db");
  ASSERT_TRUE(ledger->backup(copy));
  EXPECT_EQ(mode_of(copy), 0600u);
  // It never overwrites, not even its own work.
  const auto again = ledger->backup(copy);
  ASSERT_FALSE(again);
  EXPECT_TRUE(again.error().is(Refusal::Conflict));
  EXPECT_FALSE(ledger->backup(folder_.file("none/copy.db")));
  ASSERT_TRUE(ledger->commit({Insert<Token>{token(60)}}));
  auto restored = open(copy);
  ASSERT_TRUE(restored) << restored.error().detail();
  Count count;
  ASSERT_TRUE((*restored)->scan_tokens(count));
  EXPECT_EQ(count.seen, 50u);
  EXPECT_TRUE((*restored)->token(TokenId(ulid(7))).value().value().ended);
  EXPECT_EQ((*restored)->last_seq().value(), 1u);
}

TEST_F(SqliteFile, AReplacedFileIsNotHealthy) {
  auto ledger = opened();
  EXPECT_TRUE(ledger->healthy());
  fs::rename(path(), path() + ".old");
  EXPECT_FALSE(ledger->healthy());
  write("another");
  EXPECT_FALSE(ledger->healthy());
}

// Files that are taken away or cut under a running server: SQLite writes on into what has no name any more, and says that all is well.
TEST_F(SqliteFile, NothingIsAcknowledgedThatWouldGoWithTheProcess) {
  const struct {
    const char* what;
    std::function<void(const std::string&)> done;
    Fault fault;
  } kCases[] = {
      {"the log is gone", [](const std::string& p) { fs::remove(p + "-wal"); }, Fault::StoreUnavailable},
      {"another log is there", [](const std::string& p) { fs::rename(p + "-wal", p + "-old"), std::ofstream(p + "-wal") << "x"; },
       Fault::StoreUnavailable},
      {"the file is gone", [](const std::string& p) { fs::rename(p, p + ".old"); }, Fault::StoreUnavailable},
      {"the file is cut off", [](const std::string& p) { fs::resize_file(p, 512); }, Fault::StoreCorrupt},
      {"the file is empty", [](const std::string& p) { fs::resize_file(p, 0); }, Fault::StoreCorrupt},
  };
  for (const auto& c : kCases) {
    for (const auto& left : fs::directory_iterator(fs::path(path()).parent_path())) fs::remove_all(left);
    auto ledger = opened();
    ASSERT_TRUE(ledger->commit({Insert<Token>{token(1)}})) << c.what;
    ASSERT_TRUE(ledger->healthy()) << c.what;
    c.done(path());
    EXPECT_FALSE(ledger->healthy()) << c.what;
    const auto refused = ledger->commit({Insert<Token>{token(2)}, end(TokensOf{TokenId(ulid(1))})});
    ASSERT_FALSE(refused) << c.what;
    EXPECT_TRUE(refused.error().is(c.fault)) << c.what << ": " << refused.error().detail();
    const auto health = ledger->healthy();
    ASSERT_FALSE(health) << c.what;
    EXPECT_FALSE(health.error().detail().empty()) << c.what;
    EXPECT_FALSE(ledger->token(TokenId(ulid(2))).value_or(std::nullopt)) << c.what;
  }
}

// What was acknowledged before somebody took the log away is in the database: a server that is killed now forgets nothing.
TEST_F(SqliteFile, ALogThatWasTakenAwayLosesNothing) {
  auto ledger = opened();
  for (std::uint64_t n = 1; n <= 20; ++n) ASSERT_TRUE(ledger->commit({Insert<Token>{full_token(n)}}));
  ASSERT_TRUE(ledger->commit({end(TokensOf{TokenId(ulid(7))})}));
  fs::remove(path() + "-wal");
  EXPECT_FALSE(ledger->healthy());
  const auto after = folder_.file("after.db");
  fs::copy_file(path(), after);
  auto again = open(after);
  ASSERT_TRUE(again) << again.error().detail();
  EXPECT_TRUE((*again)->token(TokenId(ulid(7))).value().value().ended);
  EXPECT_TRUE((*again)->token(TokenId(ulid(20))).value());
}

TEST_F(SqliteFile, ADamagedLogIsNotHealthy) {
  auto ledger = opened();
  for (std::uint64_t n = 1; n <= 20; ++n) ASSERT_TRUE(ledger->commit({Insert<Token>{full_token(n)}}));
  ASSERT_TRUE(ledger->healthy());
  {
    std::fstream log(path() + "-wal", std::ios::binary | std::ios::in | std::ios::out);
    log.write(std::string(fs::file_size(path() + "-wal"), 'x').data(), static_cast<std::streamsize>(fs::file_size(path() + "-wal")));
  }
  EXPECT_FALSE(ledger->healthy());
  EXPECT_FALSE(ledger->healthy()) << "what could be written since does not mend it";
}

// In a child, where no file may grow past a limit: what a full disk is to SQLite. Returns the number of the
// check that failed, or 0.
int without_room(const std::string& path) {
  signal(SIGXFSZ, SIG_IGN);
  auto made = open(path);
  if (!made) return 1;
  auto& ledger = **made;
  if (!ledger.commit({Insert<Token>{token(1)}})) return 2;
  rlimit limit{};
  getrlimit(RLIMIT_FSIZE, &limit);
  const rlimit narrow{static_cast<rlim_t>(fs::file_size(path + "-wal")) + 100000, limit.rlim_max};
  setrlimit(RLIMIT_FSIZE, &narrow);
  std::uint64_t n = 2;
  for (; n < 10000; ++n) {
    const auto done = ledger.commit({Insert<Token>{token(n)}, end(TokensOf{TokenId(ulid(n))})});
    if (done) continue;
    if (!done.error().is(Fault::StoreUnavailable)) return 3;
    break;
  }
  if (n == 10000) return 4;
  if (ledger.healthy()) return 5;
  // All that was acknowledged is there, what failed is not, and reading goes on.
  const auto failed = ledger.token(TokenId(ulid(n)));
  if (!failed || *failed) return 6;
  const auto last = ledger.token(TokenId(ulid(n - 1)));
  if (!last || !*last || !(*last)->ended) return 7;
  if (ledger.last_seq().value() != n - 2) return 8;
  setrlimit(RLIMIT_FSIZE, &limit);
  if (!ledger.healthy()) return 9;
  const auto done = ledger.commit({Insert<Token>{token(n)}, end(TokensOf{TokenId(ulid(n))})});
  if (!done || done->seq != n - 1) return 10;
  made->reset();
  auto again = open(path);
  return again && (*again)->token(TokenId(ulid(n))).value() && (*again)->last_seq().value() == n - 1 ? 0 : 11;
}

TEST_F(SqliteFile, AFullDiskIsAFaultAndPasses) {
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) _exit(without_room(path()));
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace jeton::sqlite
