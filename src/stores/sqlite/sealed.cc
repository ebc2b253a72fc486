#include "stores/sqlite/sealed.h"

#include "stores/sealed.h"
#include "stores/sqlite/tables.h"

namespace jeton::sqlite {
namespace {

using namespace ledger;
using stores::Sealed;

template <class R>
std::string key_column() {
  std::string first;
  R empty{};
  fields(empty, [&first](std::string_view column, const auto&) {
    if (first.empty()) first = column;
  });
  return first;
}

template <class R>
Status rows_of(Connection& db, const Sealed<R>& where, ByteView head, std::size_t limit, std::vector<SealedValue>& out) {
  const std::string column(where.column);
  TRY(auto s, db.once(("SELECT " + key_column<R>() + ", " + column + " FROM " + std::string(where.table) + " WHERE length(" + column +
                       ") > 0 AND substr(" + column + ", 1, 5) <> x'" + to_hex(head) + "' LIMIT " + std::to_string(limit))
                          .c_str()));
  for (;;) {
    TRY(const bool row, s.step());
    if (!row) return {};
    Row r(s);
    std::remove_cvref_t<decltype(stores::name_of(R{}))> id{};
    SealedValue value{std::string(where.table), std::string(where.place), {}, {}};
    take(r, id), take(r, value.sealed);
    if (!r.sound()) return fault(Fault::StoreCorrupt, "the database holds a value that cannot be; restore a backup");
    value.row = stores::row_of(id);
    out.push_back(std::move(value));
  }
}

template <class R>
Result<bool> update(Connection& db, const Sealed<R>& where, const Reseal& c) {
  static const Query query{"UPDATE " + std::string(where.table) + " SET " + std::string(where.column) + "=?" + (requires(R r) {
                             r.version;
                           } ? ", version=version+1" : "") + " WHERE " + key_column<R>() + "=? AND " + std::string(where.column) + "=?"};
  const auto id = stores::name_in<std::remove_cvref_t<decltype(stores::name_of(R{}))>>(c.was.row);
  if (!id) return refuse(Refusal::Invalid, "no such row");
  TRY(auto s, db.use(query));
  put(s, c.to), put(s, *id), put(s, c.was.sealed);
  TRY_VOID(s.run());
  return db.changes() != 0;
}

}  // namespace

Result<bool> nothing_sealed_under(Connection& db, std::uint32_t data_key) {
  std::vector<std::string> questions;
  {
    TRY(auto s, db.once("SELECT 'SELECT count(*) FROM \"' || m.name || '\" WHERE substr(\"' || c.name || '\", 1, 5) = x''"
                        "' FROM sqlite_schema m, pragma_table_info(m.name) c WHERE m.type = 'table' AND c.name LIKE 'sealed%'"));
    for (;;) {
      TRY(const bool row, s.step());
      if (!row) break;
      Row r(s);
      take(r, questions.emplace_back());
    }
  }
  for (const auto& question : questions) {
    TRY(const auto count, db.number((question + to_hex(stores::sealed_head(data_key)) + "'").c_str()));
    if (count != 0) return false;
  }
  return !questions.empty();
}

Result<std::vector<SealedValue>> sealed_otherwise(Connection& db, std::uint32_t data_key, std::size_t limit) {
  std::vector<SealedValue> out;
  Status worst;
  stores::every_sealed([&](const auto& where) {
    if (!worst || out.size() >= limit) return;
    worst = rows_of(db, where, stores::sealed_head(data_key), limit - out.size(), out);
  });
  if (!worst) return std::unexpected(worst.error());
  return out;
}

Result<bool> reseal(Connection& db, const Reseal& change) {
  Result<bool> done = refuse(Refusal::Invalid, "no such column");
  stores::every_sealed([&](const auto& where) {
    if (where.table == change.was.table && where.place == change.was.column) done = update(db, where, change);
  });
  return done;
}

Result<std::map<std::uint32_t, Hashes>> hashes(Connection& db, Instant now) {
  std::map<std::uint32_t, Hashes> out;
  const auto each = [&](const std::string& query, auto&& count) -> Status {
    TRY(auto s, db.once(query.c_str()));
    for (;;) {
      TRY(const bool row, s.step());
      if (!row) return {};
      Row r(s);
      std::uint32_t pepper = 0;
      take(r, pepper);
      count(out[pepper], r);
    }
  };
  const std::string at = std::to_string(now.millis());
  const std::string live = "(ended IS NULL AND (expires IS NULL OR expires > " + at + "))";
  const std::string kinds = std::to_string(int(opaque::Kind::Pat)) + ", " + std::to_string(int(opaque::Kind::Key));
  // Row by row, in the order they lie in: grouped by SQLite, every row would be sorted first.
  TRY_VOID(each("SELECT pepper, " + live + ", NOT " + live + " AND kind IN (" + kinds + ") FROM tokens", [](Hashes& h, Row& r) {
    std::uint64_t held = 0, past = 0;
    take(r, held), take(r, past);
    h.tokens += held, h.ended_tokens += past;
  }));
  TRY_VOID(each("SELECT pepper FROM tickets WHERE pepper <> 0 AND +expires > " + at, [](Hashes& h, Row&) { ++h.tickets; }));
  TRY_VOID(each("SELECT pepper FROM credentials WHERE pepper <> 0", [](Hashes& h, Row&) { ++h.recovery_codes; }));
  return out;
}

}  // namespace jeton::sqlite
