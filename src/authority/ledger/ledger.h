// The ledger: what was issued and what was taken back. An interface; stores/ implement it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <variant>

#include "authority/ledger/chain.h"
#include "authority/ledger/records.h"
#include "ground/result.h"

namespace jeton::ledger {

// Adds a record; Conflict where its id, or one of its unique names, is taken.
// A ticket's id may be taken again once it has expired.
template <class Record>
struct Insert {
  Record record;
};

// Replaces the record of that id if it is still at `record.version`, which then grows by one; Conflict where it is not.
// A token's hash, kind, principal, api, created and ending are not changed by this.
template <class Record>
struct Update {
  Record record;
};

// Which tokens a revocation means.
using TokensOf = std::variant<TokenId, PrincipalId, DeviceId, ClientId, ApiId>;
// Every token of that family, named by its first one.
struct FamilyOf {
  TokenId family;
};

// Ends every token it names that has not ended yet, and what was exchanged for them (`parent`), in one stroke.
struct EndTokens {
  std::variant<TokensOf, FamilyOf> which;
  EndReason reason = EndReason::Revoked;
  std::string note;
  Instant at;
};

// Takes back a signed token by its `jti`. Twice is once.
struct RevokeJwt {
  RevokedJwt record;
};

// The token is stored under another pepper from now on. Conflict where `from` is no longer its hash.
struct Rehash {
  TokenId token;
  crypto::Sha256Digest from{}, to{};
  std::uint32_t pepper = 0;
};

// Where and when a token was last used. Never moves backwards.
struct LastUse {
  TokenId token;
  Instant at;
  net::Address address;
};

// Uses a ticket up. NotFound: none of that id and kind that has not expired at `at`. Conflict: it was used. Of any number at once,
// one succeeds.
struct Consume {
  crypto::Sha256Digest id{};
  TicketKind kind = TicketKind::Code;
  Instant at;
  Bytes sealed;      // replaces the ticket's
};

// A sealed value and where it stands, as keys::Place has it.
struct SealedValue {
  std::string table, column, row;
  Bytes sealed;
};
// The same secret under another data key. Where something else than `was.sealed` stands by now, that stays.
struct Reseal {
  SealedValue was;
  Bytes to;
};

// Sets or replaces; version 0 in the record means "whatever it is now".
struct PutSetting {
  Setting setting;
};

using Change =
    std::variant<Insert<Api>, Update<Api>, Insert<Principal>, Update<Principal>, Insert<Device>, Update<Device>, Insert<Client>,
                 Update<Client>, Insert<Token>, Update<Token>, Insert<SigningKey>, Update<SigningKey>, Insert<Rule>, Update<Rule>,
                 Insert<Alert>, Update<Alert>, Insert<AuditEvent>, Insert<SavedAnswer>, Insert<Credential>, Update<Credential>,
                 Insert<Ticket>, Update<Ticket>, Consume, EndTokens, RevokeJwt, Rehash, Reseal, PutSetting, RuleId /* deletes the rule */,
                 CredentialId /* deletes it */, Insert<Webhook>, Update<Webhook>, WebhookId /* deletes it */, Insert<Delivery>,
                 Update<Delivery>, Insert<Stream>, Update<Stream>, StreamId /* deletes it, and what waits for it */>;

// A token that was past its keeping and was removed.
struct TokenForgotten {
  TokenId id;
};

// A token is kept out from now on, or let in again (Hold::None).
struct TokenHeld {
  TokenId id;
  Hold hold = Hold::None;
};

struct TokenEnded {
  TokenId id;
  EndReason reason = EndReason::None;
  Instant at;
};

// What a commit did, as verifiers must learn it: records as they stand after it.
using Effect = std::variant<Api, Principal, Device, Client, Token, TokenHeld, TokenEnded, TokenForgotten, SigningKey, Rule, RuleId,
                            RevokedJwt, Rehash, Setting>;

struct Committed {
  Seq seq = 0;                          // of the last effect
  std::vector<TokenEnded> ended;        // by EndTokens
};

// What is done once a commit's outcome is known.
using Then = std::function<void(Result<Committed>)>;

// Learns of every commit, in order, after it is durable and before its caller hears of it: whoever was told of a
// revocation can rely on every later check seeing it. Called by one thread at a time; must not call the ledger.
class Follower {
 public:
  virtual ~Follower() = default;
  virtual void apply(Seq seq, std::span<const Effect> effects) noexcept = 0;
};

// The setting that names this history of the ledger, a ULID: made with it, and anew by each restore, because the sequence goes back then.
inline constexpr std::string_view kEpoch = "epoch";

struct FeedEntry {
  Seq seq = 0;
  Instant at;
  std::string kind;     // "token_ended", "token_held", "jwt_revoked", "principal", "device", "client", "api", "key", "rule", "network"
  std::string subject;  // the id; of a named network "@office"
  std::string reason;
};

// Which tokens a listing shows. Every member that is set must fit.
struct TokenFilter {
  std::optional<PrincipalId> principal = {};
  std::optional<DeviceId> device = {};
  std::optional<ClientId> client = {};
  std::optional<ApiId> api = {};
  std::optional<TokenId> family = {};
  std::optional<opaque::Kind> kind = {};
  enum class Show : std::uint8_t { All, Live, Ended } show = Show::All;
  std::optional<Instant> expires_before = {}, unused_since = {}, expires_from = {};
};

// One page of a listing, newest first: records with an id below `before` (absent: from the newest), at most `limit`.
template <class IdType>
struct PageOf {
  std::optional<IdType> before;
  std::size_t limit = 100;
};

// Receives tokens one by one while a scan runs; false stops it.
class TokenVisitor {
 public:
  virtual ~TokenVisitor() = default;
  virtual bool visit(const Token& token) = 0;
};

// Receives events one by one in the order of their numbers, whatever these are; false stops it.
class AuditVisitor {
 public:
  virtual ~AuditVisitor() = default;
  virtual bool visit(const AuditEvent& event) = 0;
};

// Which deliveries a listing shows. Every member that is set must fit.
struct DeliveryFilter {
  std::optional<WebhookId> webhook = {};   // none(): mail
  std::optional<StreamId> stream = {};
  std::optional<DeliveryState> state = {};
};

// What the ledger keeps that is hashed under one pepper. Of ended tokens those of people and services: that one is shown after its
// end is worth an alert for as long as it is kept.
struct Hashes {
  std::uint64_t tokens = 0, ended_tokens = 0, tickets = 0, recovery_codes = 0;
};

struct PurgeCounts {
  std::size_t tokens = 0, answers = 0, jwts = 0, tickets = 0, deliveries = 0, days = 0;
  std::size_t all() const { return tokens + answers + jwts + tickets + deliveries + days; }
};

// Every method may be called by any thread; each may block on storage, so none stands on the verify path. A fault means
// nothing was changed, unless it is said otherwise.
class Ledger {
 public:
  virtual ~Ledger() = default;

  // All of it or nothing; durable when it returns. Conflict and NotFound are the refusals. On a fault after the
  // write began (disk full, power) the caller must treat the outcome as unknown.
  virtual Result<Committed> commit(std::vector<Change> changes) = 0;
  // Batched by the caller, not durable at once; never refuses.
  virtual Status note_uses(std::span<const LastUse> uses) = 0;
  // Likewise. Counts of one token and day add up; of a quota the newest word stands.
  virtual Status note_days(std::span<const DayUse> days) = 0;
  virtual Status note_quotas(std::span<const QuotaUse> quotas) = 0;

  // At most one follower; set before the first commit. Not owned.
  virtual void follow(Follower* follower) = 0;
  // Links every event from here on, and those written before where the chain adopts them. Where the chain stands. Not owned.
  virtual Result<ChainHead> chain(AuditChain* chain) = 0;

  virtual Result<std::optional<Api>> api(const ApiId& id) = 0;
  virtual Result<std::optional<Api>> api_named(std::string_view name) = 0;         // not deleted
  virtual Result<std::optional<Api>> api_at(std::string_view audience) = 0;        // not deleted; the newest of that audience
  virtual Result<std::optional<Principal>> principal(const PrincipalId& id) = 0;
  virtual Result<std::optional<Principal>> principal_named(PrincipalKind kind, std::string_view name) = 0;  // not deleted
  // Users, not deleted, whose e-mail address it is, whatever the case of its ASCII letters; oldest first. None of an empty one.
  virtual Result<std::vector<Principal>> users_at(std::string_view email, std::size_t limit) = 0;
  virtual Result<std::optional<Device>> device(const DeviceId& id) = 0;
  virtual Result<std::optional<Client>> client(const ClientId& id) = 0;
  virtual Result<std::optional<Token>> token(const TokenId& id) = 0;
  // The same, but its last use may be an older one: kept in memory where it is asked for again and again.
  virtual Result<std::optional<Token>> token_but_use(const TokenId& id) = 0;
  virtual Result<std::optional<Token>> token_by_hash(const crypto::Sha256Digest& hash) = 0;  // never a grant (Rt): no text has its hash
  virtual Result<std::optional<SigningKey>> key(const KeyId& id) = 0;
  virtual Result<std::optional<Rule>> rule(const RuleId& id) = 0;
  virtual Result<std::optional<Alert>> alert(const AlertId& id) = 0;
  virtual Result<std::optional<Webhook>> webhook(const WebhookId& id) = 0;
  virtual Result<std::optional<Stream>> stream(const StreamId& id) = 0;
  virtual Result<std::optional<Delivery>> delivery(const DeliveryId& id) = 0;
  virtual Result<std::optional<Ticket>> ticket(const crypto::Sha256Digest& id) = 0;      // used and expired ones too
  virtual Result<std::vector<Ticket>> lasting_of(const PrincipalId& of, Instant now) = 0;  // TicketKind::Lasting, not expired
  virtual Result<std::optional<Credential>> credential_by_handle(std::string_view handle) = 0;
  virtual Result<std::optional<SavedAnswer>> answer(const crypto::Sha256Digest& key, Instant now) = 0;
  virtual Result<std::optional<Setting>> setting(std::string_view name) = 0;

  virtual Result<std::vector<Api>> apis(const PageOf<ApiId>& page) = 0;            // not deleted
  virtual Result<std::vector<Principal>> principals(PrincipalKind kind, const PageOf<PrincipalId>& page) = 0;
  virtual Result<std::vector<Device>> devices(const std::optional<PrincipalId>& of, const PageOf<DeviceId>& page) = 0;
  virtual Result<std::vector<Client>> clients(const PageOf<ClientId>& page) = 0;
  virtual Result<std::vector<Token>> tokens(const TokenFilter& filter, const PageOf<TokenId>& page, Instant now) = 0;
  // What that client was given to act for itself: its grants to service accounts that have not ended, oldest first.
  virtual Result<std::vector<Token>> own_grants(const ClientId& of) = 0;
  virtual Result<std::vector<Credential>> credentials(const PrincipalId& of) = 0;   // oldest first
  virtual Result<std::vector<SigningKey>> keys() = 0;                              // all, oldest first
  virtual Result<std::vector<Rule>> rules() = 0;                                   // all, oldest first
  virtual Result<std::vector<Alert>> alerts(const PageOf<AlertId>& page) = 0;
  virtual Result<std::vector<AuditEvent>> audit(const PageOf<EventId>& page) = 0;
  // Oldest first, behind that number.
  virtual Result<std::vector<AuditEvent>> audit_after(std::uint64_t number, std::size_t limit) = 0;
  virtual Result<std::vector<Webhook>> webhooks(const PageOf<WebhookId>& page) = 0;
  virtual Result<std::vector<Stream>> streams(const PageOf<StreamId>& page) = 0;
  virtual Result<std::vector<Delivery>> deliveries(const DeliveryFilter& filter, const PageOf<DeliveryId>& page) = 0;
  // That wait, and whose time has come; the most overdue first.
  virtual Result<std::vector<Delivery>> due_deliveries(Instant now, std::size_t limit) = 0;
  virtual Result<std::size_t> waiting_deliveries(const WebhookId& of) = 0;    // none(): mail
  virtual Result<std::size_t> waiting_deliveries(const StreamId& of) = 0;
  // What waits for a stream's receiver, oldest first.
  virtual Result<std::vector<Delivery>> waiting_for(const StreamId& stream, std::size_t limit) = 0;
  virtual Result<std::vector<Setting>> settings(std::string_view prefix = {}) = 0;   // whose names begin so
  virtual Result<std::vector<DayUse>> days_of(const TokenId& token) = 0;            // newest first
  virtual Result<std::vector<QuotaUse>> quotas() = 0;
  virtual Result<std::vector<RevokedJwt>> revoked_jwts(Instant now) = 0;           // that have not expired
  virtual Result<std::vector<FeedEntry>> feed(Seq after, std::size_t limit) = 0;
  virtual Result<Seq> last_seq() = 0;

  // Every token the ledger still keeps, in no order: ended and expired ones too, so that a verifier can say why it refuses.
  // Runs beside writers; sees at least what was committed before it began.
  virtual Status scan_tokens(TokenVisitor& visitor) = 0;

  // Every event there is, also one that no chain holds. StoreCorrupt where a row cannot be read.
  virtual Status scan_audit(AuditVisitor& visitor) = 0;

  // The follower hears of each removed token (TokenForgotten). Removes at most `limit` things past their keeping: tokens that ended or expired before `keep_after`, answers, tickets
  // and revoked signed tokens that expired before `now`, deliveries that ended and days that are older than `keep_after`.
  virtual Result<PurgeCounts> purge(Instant now, Instant keep_after, std::size_t limit) = 0;
  // Copies the whole ledger into a new file, consistent, while it is in use. Unsupported where there is no file.
  virtual Status backup(const std::string& path) = 0;
  // Whether no sealed value of the ledger names that data key any more: only then may the key be destroyed. Reads every sealed column.
  virtual Result<bool> nothing_sealed_under(std::uint32_t data_key) = 0;
  // At most `limit` sealed values that are not under that data key.
  virtual Result<std::vector<SealedValue>> sealed_otherwise(std::uint32_t data_key, std::size_t limit) = 0;
  // By the pepper's number; kAnyPepper among them. Reads every token.
  virtual Result<std::map<std::uint32_t, Hashes>> hashes(Instant now) = 0;
  // Cheap proof that writes would succeed (for /readyz).
  virtual Status healthy() = 0;

  // `commit` for a caller that has other things to do than to wait: `then` learns the outcome, exactly once, on the thread that writes. It
  // must be quick, must not throw and must not call the ledger but for `submit`.
  virtual void submit(std::vector<Change> changes, Then then) = 0;
};

}  // namespace jeton::ledger
