#include "stores/sqlite/tail.h"

#include <cstring>

#include "stores/sqlite/tables.h"

namespace jeton::sqlite {
namespace {

std::uint64_t head_of(const crypto::Sha256Digest& hash) {
  std::uint64_t head;
  std::memcpy(&head, hash.data(), sizeof head);
  return head;
}

// Whether anybody may ask for it by its hash.
bool is_hashed(const ledger::Token& token) { return token.kind != opaque::Kind::Rt; }
static_assert(static_cast<int>(opaque::Kind::Rt) == 3);

// OR FAIL, here and below: what fails is taken back as a whole by the writer. To be able to take back one statement alone, SQLite copies every
// page that it touches into memory: two for a token, and megabytes for a batch.
Query insert_query(std::string_view condition) {
  std::string marks;
  const ledger::Token empty;
  fields(empty, [&marks](std::string_view, const auto&) { marks += ", ?"; });
  return {"INSERT OR FAIL INTO tokens (" + columns_of<ledger::Token>() + ", n) SELECT " + marks.substr(2) + ", ?" + std::string(condition)};
}

Status enter(Connection& db, const Query& query, std::int64_t after) {
  TRY(auto s, db.use(query));
  put(s, after);
  return s.run();
}

}  // namespace

Status Tail::load(Connection& db) {
  static const Query kEntered{"SELECT n FROM token_tail"};
  static const Query kLast{"SELECT max(n) FROM tokens"};
  static const Query kTail{"SELECT hash FROM tokens WHERE n > ? AND kind <> 3"};
  {
    TRY(auto s, db.use(kEntered));
    TRY(const bool row, s.step());
    if (!row) return fault(Fault::StoreCorrupt, "the database holds a value that cannot be; restore a backup");
    entered_ = Row(s).integer();
  }
  {
    TRY(auto s, db.use(kLast));
    TRY(const bool row, s.step());
    // A number is not given again while the process lives, nor one that counts as entered.
    last_ = std::max({last_, entered_, row ? Row(s).integer() : 0});
  }
  perhaps_.clear();
  TRY(auto s, db.use(kTail));
  put(s, entered_);
  for (;;) {
    TRY(const bool row, s.step());
    if (!row) return {};
    Row r(s);
    crypto::Sha256Digest hash;
    take(r, hash);
    perhaps_.insert(head_of(hash));
  }
}

Result<bool> Tail::holds(Connection& db, const crypto::Sha256Digest& hash) {
  static const Query kFind{"SELECT 1 FROM tokens WHERE n > ? AND hash = ? AND kind <> 3"};
  if (!perhaps_.contains(head_of(hash))) return false;
  TRY(auto s, db.use(kFind));
  put(s, entered_), put(s, hash);
  return s.step();
}

Status Tail::add(Connection& db, const ledger::Token& token) {
  static const Query kInsert = insert_query(" WHERE NOT EXISTS (SELECT 1 FROM token_hashes WHERE hash = ?2)"), kUnhashed = insert_query("");
  constexpr auto kTaken = "that id or name is taken";
  if (is_hashed(token)) {
    TRY(const bool held, holds(db, token.hash));
    if (held) return refuse(Refusal::Conflict, kTaken);
  }
  {
    TRY(auto s, db.use(is_hashed(token) ? kInsert : kUnhashed));
    put_all(s, token);
    put(s, last_ + 1);
    TRY_VOID(s.run());
  }
  if (db.changes() == 0) return refuse(Refusal::Conflict, kTaken);
  ++last_;
  if (is_hashed(token)) perhaps_.insert(head_of(token.hash));
  return {};
}

Status Tail::fold(Connection& db) {
  static const Query kHashes{"INSERT OR FAIL INTO token_hashes SELECT hash, n FROM tokens WHERE n > ? AND kind <> 3 ORDER BY hash"};
  static const Query kPrincipals{
      "INSERT OR FAIL INTO token_principals SELECT principal, id FROM tokens WHERE n > ? AND principal IS NOT NULL ORDER BY principal, id"};
  static const Query kEnds{
      "INSERT OR FAIL INTO token_ends SELECT expires, n FROM tokens WHERE n > ? AND expires IS NOT NULL ORDER BY expires, n"};
  static const Query kEntered{"UPDATE token_tail SET n = ?"};
  if (last_ == entered_) return {};
  TRY_VOID(enter(db, kHashes, entered_));
  TRY_VOID(enter(db, kPrincipals, entered_));
  TRY_VOID(enter(db, kEnds, entered_));
  TRY_VOID(enter(db, kEntered, last_));
  entered_ = last_;
  perhaps_.clear();
  return {};
}

}  // namespace jeton::sqlite
