// One connection to a SQLite file, its prepared statements, and what SQLite's codes mean here.
#pragma once

#include <sqlite3.h>
#include <memory>
#include <string>
#include <unordered_map>

#include "ground/bytes.h"
#include "ground/result.h"

namespace jeton::sqlite {

// One SQL text with a fixed place in memory, which is the key of every connection's statement cache.
struct Query {
  std::string text;
};

// What a SQLite result code means to a caller: a constraint is a Conflict, a damaged file StoreCorrupt, the
// rest StoreUnavailable.
Failure failure_of(int code);

// One run of a statement: bound from left to right, stepped, and reset when it goes. Bound text and octets
// are borrowed until then, unless they were bound as copies.
class Statement {
 public:
  enum class Life : std::uint8_t { Cached, Once };
  Statement(sqlite3_stmt* stmt, Life life) : stmt_(stmt), life_(life) {}
  Statement(Statement&& other) noexcept
      : stmt_(std::exchange(other.stmt_, nullptr)), next_(other.next_), code_(other.code_), life_(other.life_) {}
  Statement& operator=(Statement&&) = delete;
  ~Statement();

  void null() { note(sqlite3_bind_null(stmt_, next_++)); }
  void integer(std::int64_t value) { note(sqlite3_bind_int64(stmt_, next_++, value)); }
  void text(std::string_view value) { bind_text(value, SQLITE_STATIC); }
  void text_copy(std::string_view value) { bind_text(value, SQLITE_TRANSIENT); }
  void octets(ByteView value) { bind_octets(value, SQLITE_STATIC); }
  void octets_copy(ByteView value) { bind_octets(value, SQLITE_TRANSIENT); }

  // True where a row stands ready, false at the end.
  Result<bool> step();
  // Steps to the end, past any rows.
  Status run();
  sqlite3_stmt* row() const { return stmt_; }

 private:
  void note(int code) {
    if (code != SQLITE_OK) code_ = code;
  }
  void bind_text(std::string_view value, sqlite3_destructor_type life);
  void bind_octets(ByteView value, sqlite3_destructor_type life);

  sqlite3_stmt* stmt_;
  int next_ = 1;
  int code_ = SQLITE_OK;
  Life life_;
};

enum class Mode : std::uint8_t { Write, Read };

// One thread at a time.
class Connection {
 public:
  // The file must exist; nothing in it is read or changed yet.
  static Result<std::unique_ptr<Connection>> open(const std::string& path, Mode mode);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  // A statement of this connection's cache. One run of each at a time.
  Result<Statement> use(const Query& query);
  // A statement for this one run.
  Result<Statement> once(const std::string& sql);
  // Runs statements that return nothing.
  Status run(const char* sql);
  // The first column of the first row; 0 where there is none.
  Result<std::int64_t> number(const std::string& sql);
  // Rows changed by the last statement.
  std::int64_t changes() const { return sqlite3_changes64(db_); }
  std::int64_t last_rowid() const { return sqlite3_last_insert_rowid(db_); }
  bool in_transaction() const { return sqlite3_get_autocommit(db_) == 0; }

 private:
  explicit Connection(sqlite3* db) : db_(db) {}
  sqlite3* db_;
  std::unordered_map<const Query*, sqlite3_stmt*> cache_;
};

}  // namespace jeton::sqlite
