// Which record lives in which table, member by column, and the statements that follow from it.
#pragma once

#include <algorithm>
#include <concepts>
#include <type_traits>

#include "authority/ledger/ledger.h"
#include "stores/sqlite/engine/columns.h"

namespace jeton::sqlite {

template <class R, class As>
concept Like = std::same_as<std::remove_const_t<R>, As>;

// fields(record, f) calls f(column, member) for each, in the columns' order. `id` first, `version` last where
// there is one.
template <Like<ledger::Api> R, class F>
void fields(R& r, F&& f) {
  f("id", r.id), f("name", r.name), f("audience", r.audience), f("scopes", r.scopes), f("format", r.format);
  f("alg", r.alg), f("routes", r.routes), f("network", r.network), f("limits", r.limits), f("access_ttl", r.access_ttl);
  f("encryption", r.encryption), f("encryption_jwk", r.encryption_jwk), f("sealed_encryption", r.sealed_encryption);
  f("created", r.created), f("updated", r.updated), f("deleted", r.deleted), f("version", r.version);
}
template <Like<ledger::Principal> R, class F>
void fields(R& r, F&& f) {
  f("id", r.id), f("name", r.name), f("email", r.email), f("standing", r.standing), f("network", r.network), f("limits", r.limits);
  f("metadata", r.metadata), f("created", r.created), f("updated", r.updated), f("version", r.version);
}
template <Like<ledger::Device> R, class F>
void fields(R& r, F&& f) {
  f("id", r.id), f("principal", r.principal), f("name", r.name), f("network", r.network);
  f("created", r.created), f("updated", r.updated), f("revoked", r.revoked), f("version", r.version);
}
template <Like<ledger::Client> R, class F>
void fields(R& r, F&& f) {
  f("id", r.id), f("name", r.name), f("type", r.type), f("redirects", r.redirects), f("scopes", r.scopes);
  f("secrets", r.secrets), f("standing", r.standing), f("network", r.network), f("limits", r.limits), f("profile", r.profile);
  f("created", r.created), f("updated", r.updated), f("version", r.version);
}
template <Like<ledger::Token> R, class F>
void fields(R& r, F&& f) {
  f("id", r.id), f("hash", r.hash), f("kind", r.kind), f("pepper", r.pepper), f("hint", r.hint);
  f("principal", r.principal), f("device", r.device), f("api", r.api), f("client", r.client);
  f("scopes", r.scopes), f("name", r.name), f("metadata", r.metadata), f("network", r.network);
  f("created", r.created), f("expires", r.expires), f("ended", r.ended), f("end_reason", r.end_reason);
  f("end_note", r.end_note), f("family", r.family), f("predecessor", r.predecessor);
  f("successor", r.successor), f("parent", r.parent), f("overlap_until", r.overlap_until);
  f("overlap", r.overlap), f("on_reuse", r.on_reuse), f("limits", r.limits), f("hold", r.hold), f("confirmation", r.confirmation);
  f("last_used", r.last_used), f("last_address", r.last_address), f("version", r.version);
}
template <Like<ledger::SigningKey> R, class F>
void fields(R& r, F&& f) {
  f("id", r.id), f("kid", r.kid), f("alg", r.alg), f("api", r.api), f("state", r.state);
  f("public_jwk", r.public_jwk), f("sealed_private", r.sealed_private), f("created", r.created);
  f("activated", r.activated), f("retired", r.retired), f("destroyed", r.destroyed), f("version", r.version);
}
template <Like<ledger::Rule> R, class F>
void fields(R& r, F&& f) {
  f("id", r.id), f("name", r.name), f("network", r.network), f("observe", r.observe);
  f("created", r.created), f("updated", r.updated), f("version", r.version);
}
template <Like<ledger::Alert> R, class F>
void fields(R& r, F&& f) {
  f("id", r.id), f("rule", r.rule), f("severity", r.severity), f("token", r.token), f("family", r.family);
  f("principal", r.principal), f("evidence", r.evidence), f("count", r.count), f("first", r.first);
  f("last", r.last), f("acknowledged", r.acknowledged), f("version", r.version);
}
template <Like<ledger::AuditEvent> R, class F>
void fields(R& r, F&& f) {
  f("id", r.id), f("at", r.at), f("actor", r.actor), f("action", r.action), f("target", r.target);
  f("detail", r.detail), f("address", r.address), f("request_id", r.request_id), f("trace_id", r.trace_id);
  f("number", r.number), f("seal", r.seal), f("link", r.link);
}
template <Like<ledger::Webhook> R, class F>
void fields(R& r, F&& f) {
  f("id", r.id), f("url", r.url), f("events", r.events), f("sealed_secret", r.sealed_secret), f("standing", r.standing);
  f("note", r.note), f("created", r.created), f("updated", r.updated), f("version", r.version);
}
template <Like<ledger::Stream> R, class F>
void fields(R& r, F&& f) {
  f("id", r.id), f("owner", r.owner), f("audience", r.audience), f("url", r.url), f("events", r.events);
  f("without", r.without), f("by_email", r.by_email), f("sealed_authorization", r.sealed_authorization);
  f("state", r.state), f("reason", r.reason), f("description", r.description), f("verified", r.verified);
  f("created", r.created), f("updated", r.updated), f("version", r.version);
}
template <Like<ledger::Delivery> R, class F>
void fields(R& r, F&& f) {
  f("id", r.id), f("webhook", r.webhook), f("stream", r.stream), f("recipient", r.recipient), f("event", r.event), f("body", r.body);
  f("sealed", r.sealed), f("state", r.state), f("attempts", r.attempts), f("status", r.status), f("trouble", r.trouble);
  f("created", r.created), f("next", r.next), f("version", r.version);
}
template <Like<ledger::Credential> R, class F>
void fields(R& r, F&& f) {
  f("id", r.id), f("principal", r.principal), f("kind", r.kind), f("name", r.name), f("handle", r.handle);
  f("sealed", r.sealed), f("pepper", r.pepper), f("counter", r.counter), f("created", r.created), f("updated", r.updated);
  f("last_used", r.last_used), f("version", r.version);
}
template <Like<ledger::Ticket> R, class F>
void fields(R& r, F&& f) {
  f("id", r.id), f("pepper", r.pepper), f("kind", r.kind), f("token", r.token), f("principal", r.principal), f("client", r.client);
  f("data", r.data), f("sealed", r.sealed), f("created", r.created), f("expires", r.expires);
  f("used", r.used), f("version", r.version);
}
template <Like<ledger::SavedAnswer> R, class F>
void fields(R& r, F&& f) {
  f("key", r.key), f("request", r.request), f("sealed", r.sealed), f("expires", r.expires);
}
template <Like<ledger::Setting> R, class F>
void fields(R& r, F&& f) {
  f("name", r.name), f("value", r.value), f("version", r.version);
}
template <Like<ledger::RevokedJwt> R, class F>
void fields(R& r, F&& f) {
  f("jti", r.jti), f("expires", r.expires), f("revoked", r.revoked);
}
template <Like<ledger::DayUse> R, class F>
void fields(R& r, F&& f) {
  f("token", r.token), f("day", r.day), f("count", r.count), f("last", r.last), f("network", r.network), f("agent", r.agent);
}
template <Like<ledger::QuotaUse> R, class F>
void fields(R& r, F&& f) {
  f("subject", r.subject), f("day", r.day), f("month", r.month), f("credits", r.credits);
}
template <Like<ledger::FeedEntry> R, class F>
void fields(R& r, F&& f) {
  f("seq", r.seq), f("at", r.at), f("kind", r.kind), f("subject", r.subject), f("reason", r.reason);
}

template <class R>
constexpr std::string_view kTable = "";
template <>
inline constexpr std::string_view kTable<ledger::Api> = "apis";
template <>
inline constexpr std::string_view kTable<ledger::Principal> = "principals";
template <>
inline constexpr std::string_view kTable<ledger::Device> = "devices";
template <>
inline constexpr std::string_view kTable<ledger::Client> = "clients";
template <>
inline constexpr std::string_view kTable<ledger::Token> = "tokens";
template <>
inline constexpr std::string_view kTable<ledger::SigningKey> = "signing_keys";
template <>
inline constexpr std::string_view kTable<ledger::Rule> = "rules";
template <>
inline constexpr std::string_view kTable<ledger::Alert> = "alerts";
template <>
inline constexpr std::string_view kTable<ledger::AuditEvent> = "audit";
template <>
inline constexpr std::string_view kTable<ledger::Webhook> = "webhooks";
template <>
inline constexpr std::string_view kTable<ledger::Stream> = "streams";
template <>
inline constexpr std::string_view kTable<ledger::Delivery> = "deliveries";
template <>
inline constexpr std::string_view kTable<ledger::Credential> = "credentials";
template <>
inline constexpr std::string_view kTable<ledger::Ticket> = "tickets";
template <>
inline constexpr std::string_view kTable<ledger::SavedAnswer> = "answers";
template <>
inline constexpr std::string_view kTable<ledger::Setting> = "settings";
template <>
inline constexpr std::string_view kTable<ledger::RevokedJwt> = "revoked_jwts";
template <>
inline constexpr std::string_view kTable<ledger::DayUse> = "token_days";
template <>
inline constexpr std::string_view kTable<ledger::QuotaUse> = "quotas";
template <>
inline constexpr std::string_view kTable<ledger::FeedEntry> = "feed";

// Whether an update writes that column. Of a token it leaves alone what the ledger promises to, and what is
// noted apart.
template <class R>
bool updatable(std::string_view column) {
  if (column == "id" || column == "version") return false;
  if constexpr (std::same_as<R, ledger::Token>) {
    constexpr std::array<std::string_view, 12> kFixed = {"hash",  "pepper",     "kind",     "principal", "api",          "created",
                                                         "ended", "end_reason", "end_note", "last_used", "last_address", "confirmation"};
    return std::find(kFixed.begin(), kFixed.end(), column) == kFixed.end();
  }
  return true;
}

// "a, b, c": the columns of a record.
template <class R>
std::string columns_of() {
  std::string out;
  R empty{};
  fields(empty, [&out](std::string_view column, const auto&) { out.append(out.empty() ? "" : ", ").append(column); });
  return out;
}

// SELECT of whole records, ended by `rest` ("WHERE …").
template <class R>
std::string select(std::string_view rest) {
  return "SELECT " + columns_of<R>() + " FROM " + std::string(kTable<R>) + " " + std::string(rest);
}

// INSERT of a whole record.
template <class R>
const Query& insert_query() {
  static const Query query = [] {
    std::string marks;
    R empty{};
    fields(empty, [&marks](std::string_view, const auto&) { marks += marks.empty() ? "?" : ",?"; });
    return Query{"INSERT INTO " + std::string(kTable<R>) + " (" + columns_of<R>() + ") VALUES (" + marks + ")"};
  }();
  return query;
}

// UPDATE of a record that is still at the version given: the updatable columns, then id and version.
template <class R>
const Query& update_query() {
  static const Query query = [] {
    std::string sets;
    R empty{};
    fields(empty, [&sets](std::string_view column, const auto&) {
      if (updatable<R>(column)) sets.append(column).append("=?, ");
    });
    return Query{"UPDATE " + std::string(kTable<R>) + " SET " + sets + "version=version+1 WHERE id=? AND version=? RETURNING " +
                 columns_of<R>()};
  }();
  return query;
}

template <class R>
const Query& by_id_query() {
  static const Query query{select<R>("WHERE id=?")};
  return query;
}

template <class R>
void put_all(Statement& s, const R& record) {
  fields(record, [&s](std::string_view, const auto& member) { put(s, member); });
}

// The row at hand as a record; StoreCorrupt where a column cannot be.
template <class R>
Status read_into(const Statement& s, R& record) {
  Row row(s);
  fields(record, [&row](std::string_view, auto& member) { take(row, member); });
  if (!row.sound()) return fault(Fault::StoreCorrupt, "the database holds a value that cannot be; restore a backup");
  return {};
}

// The first row of a bound statement, or nothing.
template <class R>
Result<std::optional<R>> first(Statement& s) {
  TRY(const bool row, s.step());
  if (!row) return std::optional<R>();
  R record;
  TRY_VOID(read_into(s, record));
  return std::optional<R>(std::move(record));
}

// Every row of a bound statement.
template <class R>
Result<std::vector<R>> every(Statement& s) {
  std::vector<R> out;
  for (;;) {
    TRY(const bool row, s.step());
    if (!row) return out;
    TRY_VOID(read_into(s, out.emplace_back()));
  }
}

}  // namespace jeton::sqlite
