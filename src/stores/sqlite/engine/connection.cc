#include "stores/sqlite/engine/connection.h"

#include <mutex>

#include "stores/sqlite/engine/wal_buffer.h"

namespace jeton::sqlite {

Failure failure_of(int code) {
  switch (code & 0xff) {
    case SQLITE_CONSTRAINT: return {Refusal::Conflict, "that id or name is taken"};
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_FORMAT: return {Fault::StoreCorrupt, "the database file is damaged; restore a backup"};
    case SQLITE_FULL: return {Fault::StoreUnavailable, "the disk is full"};
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return {Fault::StoreUnavailable, "the database is locked by another program"};
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN: return {Fault::StoreUnavailable, "the database file cannot be opened or written; check owner and mode"};
    case SQLITE_NOMEM: return {Fault::StoreUnavailable, "out of memory"};
    case SQLITE_TOOBIG: return {Refusal::TooLarge, "a value is too large to be stored"};
    default: return {Fault::StoreUnavailable, "the database file could not be read or written"};
  }
}

Statement::~Statement() {
  if (!stmt_) return;
  if (life_ == Life::Once) sqlite3_finalize(stmt_);
  else sqlite3_reset(stmt_);
}

void Statement::bind_text(std::string_view value, sqlite3_destructor_type life) {
  // A null pointer would bind NULL, and an empty view may hold one.
  const char* data = value.empty() ? "" : value.data();
  note(sqlite3_bind_text64(stmt_, next_++, data, value.size(), life, SQLITE_UTF8));
}

void Statement::bind_octets(ByteView value, sqlite3_destructor_type life) {
  if (value.empty()) note(sqlite3_bind_zeroblob(stmt_, next_++, 0));
  else note(sqlite3_bind_blob64(stmt_, next_++, value.data(), value.size(), life));
}

Result<bool> Statement::step() {
  if (code_ != SQLITE_OK) return std::unexpected(failure_of(code_));
  const int code = sqlite3_step(stmt_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return std::unexpected(failure_of(code));
}

Status Statement::run() {
  for (;;) {
    TRY(const bool row, step());
    if (!row) return {};
  }
}

Result<std::unique_ptr<Connection>> Connection::open(const std::string& path, Mode mode) {
  // Counting every allocation takes a lock that all connections share.
  static std::once_flag once;
  std::call_once(once, [] { sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); });
  sqlite3* db = nullptr;
  const int access = mode == Mode::Write ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
  const char* layer = mode == Mode::Write ? wal_buffer() : nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &db, access | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, layer);
  std::unique_ptr<Connection> connection(new Connection(db));
  if (code != SQLITE_OK) return std::unexpected(failure_of(code));
  sqlite3_busy_timeout(db, 5000);
  sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  return connection;
}

Connection::~Connection() {
  for (const auto& [query, stmt] : cache_) sqlite3_finalize(stmt);
  sqlite3_close_v2(db_);
}

Result<Statement> Connection::use(const Query& query) {
  sqlite3_stmt*& stmt = cache_[&query];
  if (!stmt) {
    const int code =
        sqlite3_prepare_v3(db_, query.text.data(), static_cast<int>(query.text.size()), SQLITE_PREPARE_PERSISTENT, &stmt, nullptr);
    if (code != SQLITE_OK) return std::unexpected(failure_of(code));
  }
  return Statement(stmt, Statement::Life::Cached);
}

Result<Statement> Connection::once(const std::string& sql) {
  sqlite3_stmt* stmt = nullptr;
  const int code = sqlite3_prepare_v2(db_, sql.data(), static_cast<int>(sql.size()), &stmt, nullptr);
  if (code != SQLITE_OK) return std::unexpected(failure_of(code));
  return Statement(stmt, Statement::Life::Once);
}

Status Connection::run(const char* sql) {
  const int code = sqlite3_exec(db_, sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return std::unexpected(failure_of(code));
  return {};
}

Result<std::int64_t> Connection::number(const std::string& sql) {
  TRY(auto statement, once(sql));
  TRY(const bool row, statement.step());
  return row ? sqlite3_column_int64(statement.row(), 0) : 0;
}

}  // namespace jeton::sqlite
