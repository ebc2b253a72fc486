#include "stores/sqlite/engine/schema.h"

#include <array>

namespace jeton::sqlite {
namespace {

// Ids are ULIDs, so a key's order is its age and new rows stand together at the end of the tree.
constexpr const char* kFirst = R"sql(
CREATE TABLE apis (
  id BLOB PRIMARY KEY NOT NULL, name TEXT NOT NULL, audience TEXT NOT NULL, scopes TEXT, format INTEGER NOT NULL,
  alg INTEGER NOT NULL, routes TEXT, network TEXT, access_ttl INTEGER NOT NULL, created INTEGER NOT NULL,
  updated INTEGER NOT NULL, deleted INTEGER, version INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX apis_name ON apis (name) WHERE deleted IS NULL;
CREATE UNIQUE INDEX apis_audience ON apis (audience) WHERE deleted IS NULL;

CREATE TABLE principals (
  id BLOB PRIMARY KEY NOT NULL, name TEXT NOT NULL, email TEXT NOT NULL, standing INTEGER NOT NULL, network TEXT,
  metadata TEXT, created INTEGER NOT NULL, updated INTEGER NOT NULL, version INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX principals_name ON principals (name, substr(id, 1, 1)) WHERE standing <> 2;

CREATE TABLE devices (
  id BLOB PRIMARY KEY NOT NULL, principal BLOB, name TEXT NOT NULL, network TEXT, created INTEGER NOT NULL,
  updated INTEGER NOT NULL, revoked INTEGER, version INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX devices_name ON devices (principal, name) WHERE revoked IS NULL;
CREATE INDEX devices_principal ON devices (principal);

CREATE TABLE clients (
  id BLOB PRIMARY KEY NOT NULL, name TEXT NOT NULL, type INTEGER NOT NULL, redirects TEXT, scopes TEXT, secrets TEXT,
  standing INTEGER NOT NULL, network TEXT, created INTEGER NOT NULL, updated INTEGER NOT NULL,
  version INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX clients_name ON clients (name) WHERE standing <> 2;

CREATE TABLE tokens (
  id BLOB PRIMARY KEY NOT NULL, hash BLOB NOT NULL, kind INTEGER NOT NULL, pepper INTEGER NOT NULL, hint TEXT NOT NULL,
  principal BLOB, device BLOB, api BLOB, client BLOB, scopes TEXT, name TEXT NOT NULL, metadata TEXT, network TEXT,
  created INTEGER NOT NULL, expires INTEGER, ended INTEGER, end_reason INTEGER NOT NULL, end_note TEXT NOT NULL,
  family BLOB, predecessor BLOB, successor BLOB, parent BLOB, overlap_until INTEGER, overlap INTEGER NOT NULL,
  on_reuse INTEGER NOT NULL, last_used INTEGER, last_address BLOB, version INTEGER NOT NULL) STRICT;
CREATE UNIQUE INDEX tokens_hash ON tokens (hash);
CREATE INDEX tokens_principal ON tokens (principal, id);
CREATE INDEX tokens_device ON tokens (device) WHERE device IS NOT NULL;
CREATE INDEX tokens_client ON tokens (client) WHERE client IS NOT NULL;
CREATE INDEX tokens_parent ON tokens (parent) WHERE parent IS NOT NULL;
CREATE INDEX tokens_family ON tokens (family) WHERE family <> id;
CREATE INDEX tokens_expires ON tokens (expires) WHERE expires IS NOT NULL;
CREATE INDEX tokens_ended ON tokens (ended) WHERE ended IS NOT NULL;

CREATE TABLE signing_keys (
  id BLOB PRIMARY KEY NOT NULL, kid TEXT NOT NULL UNIQUE, alg INTEGER NOT NULL, api BLOB, state INTEGER NOT NULL,
  public_jwk TEXT NOT NULL, sealed_private BLOB NOT NULL, created INTEGER NOT NULL, activated INTEGER, retired INTEGER,
  destroyed INTEGER, version INTEGER NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE rules (
  id BLOB PRIMARY KEY NOT NULL, name TEXT NOT NULL, network TEXT, observe INTEGER NOT NULL, created INTEGER NOT NULL,
  updated INTEGER NOT NULL, version INTEGER NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE alerts (
  id BLOB PRIMARY KEY NOT NULL, rule TEXT NOT NULL, severity INTEGER NOT NULL, token BLOB, family BLOB, principal BLOB,
  evidence TEXT NOT NULL, count INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, acknowledged INTEGER,
  version INTEGER NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
  id BLOB PRIMARY KEY NOT NULL, at INTEGER NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL, target TEXT NOT NULL,
  detail TEXT NOT NULL, address BLOB, request_id TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE answers (
  key BLOB PRIMARY KEY NOT NULL, request BLOB NOT NULL, sealed BLOB NOT NULL, expires INTEGER NOT NULL)
  STRICT, WITHOUT ROWID;
CREATE INDEX answers_expires ON answers (expires);

CREATE TABLE settings (name TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL, version INTEGER NOT NULL)
  STRICT, WITHOUT ROWID;

CREATE TABLE revoked_jwts (jti BLOB PRIMARY KEY NOT NULL, expires INTEGER NOT NULL, revoked INTEGER NOT NULL)
  STRICT, WITHOUT ROWID;
CREATE INDEX revoked_jwts_expires ON revoked_jwts (expires);

CREATE TABLE feed (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL,
  reason TEXT NOT NULL) STRICT;

CREATE TABLE probe (octets BLOB NOT NULL) STRICT;
CREATE TABLE schema_version (version INTEGER NOT NULL) STRICT;
INSERT INTO schema_version VALUES (0);
)sql";

constexpr const char* kEncryptedTokens = R"sql(
ALTER TABLE apis ADD COLUMN encryption INTEGER NOT NULL DEFAULT 0;
ALTER TABLE apis ADD COLUMN encryption_jwk TEXT NOT NULL DEFAULT '';
ALTER TABLE apis ADD COLUMN sealed_encryption BLOB NOT NULL DEFAULT x'';
)sql";

// People, sessions and grants.
constexpr const char* kPeople = R"sql(
ALTER TABLE clients ADD COLUMN profile TEXT NOT NULL DEFAULT '';
ALTER TABLE tokens ADD COLUMN confirmation TEXT NOT NULL DEFAULT '';

CREATE TABLE credentials (
  id BLOB PRIMARY KEY NOT NULL, principal BLOB NOT NULL, kind INTEGER NOT NULL, name TEXT NOT NULL, handle TEXT NOT NULL,
  sealed BLOB NOT NULL, counter INTEGER NOT NULL, created INTEGER NOT NULL, updated INTEGER NOT NULL, last_used INTEGER,
  version INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX credentials_one ON credentials (principal, kind) WHERE kind <> 3;
CREATE UNIQUE INDEX credentials_handle ON credentials (handle) WHERE kind = 3;
CREATE INDEX credentials_principal ON credentials (principal, id);

CREATE TABLE tickets (
  id BLOB PRIMARY KEY NOT NULL, kind INTEGER NOT NULL, token BLOB, principal BLOB, client BLOB, data TEXT NOT NULL,
  sealed BLOB NOT NULL, created INTEGER NOT NULL, expires INTEGER NOT NULL, used INTEGER, version INTEGER NOT NULL)
  STRICT, WITHOUT ROWID;
CREATE INDEX tickets_expires ON tickets (expires);
)sql";

// Where a token is found by its hash, its principal or its end, in tables of their own that are filled in sorted batches
// (docs/decisions/0017): `token_tail.n` says up to which token they are. Triggers keep what they hold already true.
constexpr const char* kTail = R"sql(
CREATE TABLE tokens_by_number (
  n INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, hash BLOB NOT NULL, kind INTEGER NOT NULL, pepper INTEGER NOT NULL,
  hint TEXT NOT NULL, principal BLOB, device BLOB, api BLOB, client BLOB, scopes TEXT, name TEXT NOT NULL, metadata TEXT,
  network TEXT, created INTEGER NOT NULL, expires INTEGER, ended INTEGER, end_reason INTEGER NOT NULL,
  end_note TEXT NOT NULL, family BLOB, predecessor BLOB, successor BLOB, parent BLOB, overlap_until INTEGER,
  overlap INTEGER NOT NULL, on_reuse INTEGER NOT NULL, confirmation TEXT NOT NULL, last_used INTEGER, last_address BLOB,
  version INTEGER NOT NULL) STRICT;
INSERT INTO tokens_by_number SELECT NULL, id, hash, kind, pepper, hint, principal, device, api, client, scopes, name,
  metadata, network, created, expires, ended, end_reason, end_note, family, predecessor, successor, parent,
  overlap_until, overlap, on_reuse, confirmation, last_used, last_address, version FROM tokens ORDER BY id;
DROP TABLE tokens;
ALTER TABLE tokens_by_number RENAME TO tokens;
CREATE INDEX tokens_device ON tokens (device) WHERE device IS NOT NULL;
CREATE INDEX tokens_client ON tokens (client) WHERE client IS NOT NULL;
CREATE INDEX tokens_parent ON tokens (parent) WHERE parent IS NOT NULL;
CREATE INDEX tokens_family ON tokens (family) WHERE family <> id;
CREATE INDEX tokens_ended ON tokens (ended) WHERE ended IS NOT NULL;

CREATE TABLE token_tail (n INTEGER NOT NULL) STRICT;
INSERT INTO token_tail SELECT coalesce(max(n), 0) FROM tokens;
CREATE TABLE token_hashes (hash BLOB PRIMARY KEY NOT NULL, n INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO token_hashes SELECT hash, n FROM tokens ORDER BY hash;
CREATE TABLE token_principals (principal BLOB NOT NULL, id BLOB NOT NULL, PRIMARY KEY (principal, id)) STRICT, WITHOUT ROWID;
INSERT INTO token_principals SELECT principal, id FROM tokens WHERE principal IS NOT NULL ORDER BY principal, id;
CREATE TABLE token_ends (expires INTEGER NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (expires, n)) STRICT, WITHOUT ROWID;
INSERT INTO token_ends SELECT expires, n FROM tokens WHERE expires IS NOT NULL ORDER BY expires, n;

CREATE TRIGGER token_gone AFTER DELETE ON tokens BEGIN
  DELETE FROM token_hashes WHERE hash = OLD.hash AND n = OLD.n;
  DELETE FROM token_principals WHERE principal = OLD.principal AND id = OLD.id;
  DELETE FROM token_ends WHERE expires = OLD.expires AND n = OLD.n;
END;
CREATE TRIGGER token_rehashed AFTER UPDATE OF hash ON tokens
WHEN OLD.hash <> NEW.hash AND OLD.n <= (SELECT n FROM token_tail) BEGIN
  DELETE FROM token_hashes WHERE hash = OLD.hash AND n = OLD.n;
  INSERT INTO token_hashes VALUES (NEW.hash, NEW.n);
END;
CREATE TRIGGER token_end_moved AFTER UPDATE OF expires ON tokens
WHEN OLD.expires IS NOT NEW.expires AND OLD.n <= (SELECT n FROM token_tail) BEGIN
  DELETE FROM token_ends WHERE expires = OLD.expires AND n = OLD.n;
  INSERT INTO token_ends SELECT NEW.expires, NEW.n WHERE NEW.expires IS NOT NULL;
END;
)sql";

// Events get their numbers in the order of their ids; what holds them comes with the first start (authority/ledger/chain.h).
constexpr const char* kAuditChain = R"sql(
ALTER TABLE audit ADD COLUMN trace_id TEXT NOT NULL DEFAULT '';
ALTER TABLE audit ADD COLUMN number INTEGER NOT NULL DEFAULT 0;
ALTER TABLE audit ADD COLUMN seal BLOB NOT NULL DEFAULT x'';
ALTER TABLE audit ADD COLUMN link BLOB NOT NULL DEFAULT x'';
UPDATE audit SET number = o.n FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM audit) AS o WHERE o.id = audit.id;
CREATE UNIQUE INDEX audit_number ON audit (number);
)sql";

// Webhooks, and what is on its way to them or by mail.
constexpr const char* kDeliveries = R"sql(
CREATE TABLE webhooks (
  id BLOB PRIMARY KEY NOT NULL, url TEXT NOT NULL, events TEXT, sealed_secret BLOB NOT NULL, standing INTEGER NOT NULL,
  note TEXT NOT NULL, created INTEGER NOT NULL, updated INTEGER NOT NULL, version INTEGER NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE deliveries (
  id BLOB PRIMARY KEY NOT NULL, webhook BLOB, recipient TEXT NOT NULL, event TEXT NOT NULL, body TEXT NOT NULL,
  sealed BLOB NOT NULL, state INTEGER NOT NULL, attempts INTEGER NOT NULL, status INTEGER NOT NULL, trouble TEXT NOT NULL,
  created INTEGER NOT NULL, next INTEGER NOT NULL, version INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX deliveries_due ON deliveries (next) WHERE state = 0;
CREATE INDEX deliveries_ended ON deliveries (next) WHERE state <> 0;
CREATE INDEX deliveries_webhook ON deliveries (webhook, id);
CREATE INDEX deliveries_waiting ON deliveries (webhook) WHERE state = 0;
)sql";

// Limits, holds, and how tokens were used.
constexpr const char* kLimits = R"sql(
ALTER TABLE apis ADD COLUMN limits TEXT NOT NULL DEFAULT '';
ALTER TABLE principals ADD COLUMN limits TEXT NOT NULL DEFAULT '';
ALTER TABLE clients ADD COLUMN limits TEXT NOT NULL DEFAULT '';
ALTER TABLE tokens ADD COLUMN limits TEXT NOT NULL DEFAULT '';
ALTER TABLE tokens ADD COLUMN hold INTEGER NOT NULL DEFAULT 0;

CREATE TABLE token_days (
  token BLOB NOT NULL, day INTEGER NOT NULL, count INTEGER NOT NULL, last INTEGER NOT NULL, network BLOB, agent TEXT NOT NULL,
  PRIMARY KEY (token, day)) STRICT, WITHOUT ROWID;
CREATE INDEX token_days_day ON token_days (day);
CREATE TABLE quotas (subject BLOB PRIMARY KEY NOT NULL, day INTEGER NOT NULL, month INTEGER NOT NULL) STRICT, WITHOUT ROWID;
)sql";

// Streams of security events, and what is on its way to their receivers.
constexpr const char* kStreams = R"sql(
CREATE TABLE streams (
  id BLOB PRIMARY KEY NOT NULL, owner TEXT NOT NULL, audience TEXT NOT NULL, url TEXT NOT NULL, events TEXT, without TEXT,
  by_email INTEGER NOT NULL, sealed_authorization BLOB NOT NULL, state INTEGER NOT NULL, reason TEXT NOT NULL,
  description TEXT NOT NULL, verified INTEGER, created INTEGER NOT NULL, updated INTEGER NOT NULL,
  version INTEGER NOT NULL) STRICT, WITHOUT ROWID;
ALTER TABLE deliveries ADD COLUMN stream BLOB;
CREATE INDEX deliveries_stream ON deliveries (stream, id) WHERE stream IS NOT NULL AND state = 0;
)sql";

// What was spent of credits.
constexpr const char* kCredits = R"sql(
ALTER TABLE quotas ADD COLUMN credits INTEGER NOT NULL DEFAULT 0;
)sql";

// What is hashed under which pepper. Of what was kept before nobody knows: 4294967295 is any (ledger::kAnyPepper). Links of people are
// found by their user.
constexpr const char* kPeppers = R"sql(
ALTER TABLE tickets ADD COLUMN pepper INTEGER NOT NULL DEFAULT 0;
UPDATE tickets SET pepper = 4294967295 WHERE kind IN (0, 1, 2, 3, 6);
ALTER TABLE credentials ADD COLUMN pepper INTEGER NOT NULL DEFAULT 0;
UPDATE credentials SET pepper = 4294967295 WHERE kind = 2;
CREATE INDEX tickets_lasting ON tickets (principal) WHERE kind = 9 AND principal IS NOT NULL;
)sql";

// People are found by their address, and by a client what it was given to act for itself.
constexpr const char* kAddresses = R"sql(
CREATE INDEX principals_email ON principals (email COLLATE NOCASE) WHERE email <> '' AND standing <> 2;
CREATE INDEX tokens_own ON tokens (client) WHERE kind = 3 AND substr(principal, 1, 1) = x'01';
)sql";

// One text per version, in order; never edited once released, only added to.
constexpr std::array<const char*, 11> kSteps = {kFirst,  kEncryptedTokens, kPeople,  kTail,    kAuditChain, kDeliveries,
                                                kLimits, kStreams,         kCredits, kPeppers, kAddresses};

Result<std::int64_t> version_of(Connection& db) {
  TRY(const auto tables, db.number("SELECT count(*) FROM sqlite_schema WHERE name = 'schema_version'"));
  if (tables == 0) return 0;
  return db.number("SELECT version FROM schema_version");
}

Status take_step(Connection& db, std::size_t step) {
  TRY_VOID(db.run("BEGIN IMMEDIATE"));
  auto done = db.run(kSteps[step]);
  if (done) done = db.run(("UPDATE schema_version SET version = " + std::to_string(step + 1)).c_str());
  if (done) done = db.run("COMMIT");
  if (!done && db.in_transaction()) (void)db.run("ROLLBACK");
  return done;
}

}  // namespace

Status recognise(const Look& look) {
  if (look.nature == Nature::Other) return fault(Fault::StoreCorrupt, "the file is not a database; restore a backup");
  if (look.nature == Nature::Database && look.application != kApplicationId)
    return fault(Fault::Config, "the file is the database of another program");
  if (look.cut_off) return fault(Fault::StoreCorrupt, "the database file is cut off; restore a backup");
  return {};
}

Status mark(Connection& db) { return db.run(("PRAGMA application_id = " + std::to_string(kApplicationId)).c_str()); }

Status not_newer(Connection& db) {
  TRY(const auto version, version_of(db));
  if (version > static_cast<std::int64_t>(kSteps.size()))
    return fault(Fault::Config, "the database was written by a newer version of this program; update it");
  return {};
}

Status is_current(Connection& db) {
  TRY(const auto version, version_of(db));
  if (version != static_cast<std::int64_t>(kSteps.size()))
    return fault(Fault::Config, "the database's tables are older than this program's; start the server once");
  return {};
}

Status migrate(Connection& db) {
  TRY(const auto version, version_of(db));
  for (auto step = static_cast<std::size_t>(version); step < kSteps.size(); ++step) TRY_VOID(take_step(db, step));
  return {};
}

}  // namespace jeton::sqlite
