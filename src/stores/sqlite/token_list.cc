#include "stores/sqlite/token_list.h"

#include "stores/sqlite/tables.h"

namespace jeton::sqlite {

using namespace ledger;

namespace {

constexpr std::string_view kLive =
    "(ended IS NULL AND (expires IS NULL OR expires > ?1) AND (overlap_until IS NULL OR overlap_until > ?1))";

// The conditions that a filter sets, in the order in which `bind_filter` binds their values. Only fixed
// texts: nothing a caller wrote becomes SQL. ?1 is the time, ?2 the family.
std::string conditions(const TokenFilter& f, bool below) {
  std::string out = "WHERE ?1 IS NOT NULL AND ";
  out += f.family ? "(id = ?2 OR (family = ?2 AND family <> id))" : "?2 IS NULL";
  const auto add = [&out](bool set, std::string_view condition) {
    if (set) out.append(" AND ").append(condition);
  };
  add(f.principal.has_value(), "principal = ?3");
  add(below, "id < ?");
  add(f.device.has_value(), "device = ?");
  add(f.client.has_value(), "client = ?");
  add(f.api.has_value(), "api = ?");
  add(f.kind.has_value(), "kind = ?");
  add(f.expires_before.has_value(), "expires < ?");
  add(f.expires_from.has_value(), "expires >= ?");
  add(f.unused_since.has_value(), "coalesce(last_used, created) < ?");
  add(f.show == TokenFilter::Show::Live, kLive);
  add(f.show == TokenFilter::Show::Ended, "NOT " + std::string(kLive));
  return out;
}

// Where all of them are entered, what ends within a time is found by that: it is little of what there is.
bool by_end(const Listing& l) { return !l.filter.principal && by_entered(l.filter) && l.tailed == Tailed::No; }

void bind_filter(Statement& s, const Listing& l) {
  const auto bind = [&s](const auto& value) {
    if (value) put(s, *value);
  };
  const auto& f = l.filter;
  bind(f.principal), bind(l.page.before), bind(f.device), bind(f.client), bind(f.api), bind(f.kind);
  bind(f.expires_before), bind(f.expires_from), bind(f.unused_since);
  if (by_end(l)) bind(f.expires_before), bind(f.expires_from);
}

}  // namespace

// A principal's tokens are found in the order of their ids, where all of them are entered.
std::string query_of(const Listing& l) {
  const auto where = conditions(l.filter, l.page.before.has_value());
  if (by_end(l))
    return select<Token>(where + " AND n IN (SELECT n FROM token_ends WHERE expires < ? AND expires >= ?) ORDER BY +id DESC LIMIT ?");
  if (!l.filter.principal || l.tailed == Tailed::Perhaps) return select<Token>(where + " ORDER BY id DESC LIMIT ?");
  return "SELECT " + columns_of<Token>() +
         " FROM (SELECT id AS held FROM token_principals WHERE principal = ?3) CROSS JOIN tokens ON id = held " + where +
         " ORDER BY held DESC LIMIT ?";
}

Result<std::vector<Token>> list_tokens(Connection& db, const Listing& l) {
  TRY(auto s, db.once(query_of(l)));
  put(s, l.now);
  put(s, l.filter.family);
  bind_filter(s, l);
  put(s, static_cast<std::uint64_t>(l.page.limit));
  return every<Token>(s);
}

Status scan(Connection& db, TokenVisitor& visitor) {
  static const Query query{select<Token>("")};
  TRY(auto s, db.use(query));
  // One object for all: its strings keep their memory from row to row.
  Token token;
  for (;;) {
    TRY(const bool row, s.step());
    if (!row) return {};
    TRY_VOID(read_into(s, token));
    if (!visitor.visit(token)) return {};
  }
}

Result<Seq> last_seq_of(Connection& db) {
  static const Query query{"SELECT seq FROM feed ORDER BY seq DESC LIMIT 1"};
  TRY(auto s, db.use(query));
  TRY(const bool row, s.step());
  if (!row) return Seq{0};
  return static_cast<Seq>(sqlite3_column_int64(s.row(), 0));
}

}  // namespace jeton::sqlite
