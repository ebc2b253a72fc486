// What the ledger holds, as values. No behaviour: the rooms of authority/ decide, stores/ keep.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "blocks/crypto/algorithm.h"
#include "blocks/crypto/hash.h"
#include "blocks/net/address.h"
#include "formats/opaque/kind.h"
#include "ground/id.h"
#include "ground/instant.h"

namespace jeton::ledger {

// Counts a record's changes from 1. An update names the version it read; another one in between is a Conflict.
using Version = std::uint64_t;
// Position in the feed: grows by one with every committed change that verifiers must know. Starts at 1.
using Seq = std::uint64_t;

using Scopes = std::vector<std::string>;                              // sorted, no duplicates
using Metadata = std::vector<std::pair<std::string, std::string>>;    // sorted by name, no duplicates

// In place of a pepper's number where nobody wrote down which it was: any that there is may be the one.
inline constexpr std::uint32_t kAnyPepper = 0xffff'ffff;

// Where from: deny wins; an empty allow list allows everywhere. Beside prefixes stand words: "@office" (a named set), "country:DE",
// "asn:64500" (policy/places.h).
struct NetworkRule {
  std::vector<net::Prefix> allow, deny;
  std::vector<std::string> allow_words = {}, deny_words = {};
  bool empty() const { return allow.empty() && deny.empty() && allow_words.empty() && deny_words.empty(); }
  bool operator==(const NetworkRule&) const = default;
};

enum class TokenFormat : std::uint8_t { Jwt, Jwe, Opaque };
// How the content key of an encrypted access token reaches its API (RFC 7518 §4).
enum class Encryption : std::uint8_t { None, Dir, A256KW, EcdhEsA256KW, RsaOaep256 };

// A resource server: an audience with its scopes and, where it wants, a route table.
struct Api {
  ApiId id;
  std::string name;        // unique, [a-z0-9][a-z0-9-]{0,62}
  std::string audience;    // unique, an absolute URI
  Scopes scopes;
  TokenFormat format = TokenFormat::Jwt;
  crypto::SignAlg alg = crypto::SignAlg::ES256;
  std::vector<std::string> routes;   // "GET /orders/** orders:read", in the order they are tried
  NetworkRule network;
  std::string limits;                // limits/limit.h; empty: none of its own
  Seconds access_ttl{600};           // lifetime of access tokens minted for it
  Encryption encryption = Encryption::None;   // of TokenFormat::Jwe
  std::string encryption_jwk;        // the API's public key as JSON; empty for a shared one
  Bytes sealed_encryption;           // the shared key; keys::Sealer
  Instant created, updated;
  std::optional<Instant> deleted;
  Version version = 1;
};

enum class Standing : std::uint8_t { Active, Disabled, Deleted };

// A user or a service account; the kind is in the id.
struct Principal {
  PrincipalId id;
  std::string name;         // unique within its kind while not deleted
  std::string email;        // empty where unknown
  Standing standing = Standing::Active;
  NetworkRule network;
  std::string limits;       // limits/limit.h; empty: none of its own
  Metadata metadata;
  Instant created, updated;
  Version version = 1;
};

// A phone, a laptop, a CI runner: tokens belong to it and die with it.
struct Device {
  DeviceId id;
  PrincipalId principal;
  std::string name;         // unique within its principal while not revoked
  NetworkRule network;
  Instant created, updated;
  std::optional<Instant> revoked;
  Version version = 1;
};

enum class ClientType : std::uint8_t { Web, Spa, Native, Machine };

// An OAuth client. Only keyed hashes of its secrets; two at most, while a rotation overlaps.
struct ClientSecret {
  crypto::Sha256Digest hash{};
  std::uint32_t pepper = 0;
  std::string hint;
  Instant created;
  std::optional<Instant> ends;
};
struct Client {
  ClientId id;
  std::string name;
  ClientType type = ClientType::Machine;
  std::vector<std::string> redirects;
  Scopes scopes;
  std::vector<ClientSecret> secrets;
  Standing standing = Standing::Active;
  NetworkRule network;
  std::string limits;                 // limits/limit.h; empty: none of its own
  std::string profile;                // JSON: what registration says beyond this (clients/profile.h); may be empty
  Instant created, updated;
  Version version = 1;
};

enum class EndReason : std::uint8_t {
  None,
  Revoked,
  RotatedOut,
  PrincipalEnded,
  DeviceRevoked,
  ClientEnded,
  ApiDeleted,
  FamilyReuse,
  Leaked,
  Expired,
  HolderRevoked,
};
// When a rotated token ends.
enum class Overlap : std::uint8_t { Deadline, FirstUse, Either };
// What use of a token that rotation has ended leads to.
enum class OnReuse : std::uint8_t { Alert, RevokeFamily };

// Keeps a token that has not ended out: until somebody releases it, or until its person logs in anew.
enum class Hold : std::uint8_t { None, Quarantined, StepUp };

// A token of any kind that the ledger knows by its hash: a PAT, an API key, an access token; a session, which its cookie
// stands for; and a grant (kind Rt), which no text stands for: refresh tokens are tickets that name it.
struct Token {
  TokenId id;
  opaque::Kind kind = opaque::Kind::Pat;
  crypto::Sha256Digest hash{};        // HMAC-SHA-256(pepper, whole token)
  std::uint32_t pepper = 0;           // the pepper's number
  std::array<char, 4> hint{};         // the last four characters of its body
  PrincipalId principal;
  DeviceId device;                    // none() where it belongs to no device
  ApiId api;
  ClientId client;                    // none() where no client is involved
  Scopes scopes;
  std::string name;
  Metadata metadata;
  NetworkRule network;
  Instant created;
  std::optional<Instant> expires;     // exclusive
  // Ended: never comes back.
  std::optional<Instant> ended;
  EndReason end_reason = EndReason::None;
  std::string end_note;               // the operator's words
  // Rotation: a family is all tokens that came of one by rotation, named by the first one's id.
  TokenId family;
  TokenId predecessor, successor;     // none() at the ends of the chain
  TokenId parent;                     // what it hangs on and dies with: the token it was exchanged for, a grant, a session
  std::optional<Instant> overlap_until;   // on a rotated token: refused from here on
  Overlap overlap = Overlap::Either;
  OnReuse on_reuse = OnReuse::Alert;
  std::string limits;                 // limits/limit.h; empty: none of its own
  Hold hold = Hold::None;
  std::string confirmation;           // the key it is bound to, as JSON of `cnf` (RFC 7800); empty: a bearer token
  // Written in batches, after the fact.
  std::optional<Instant> last_used;
  net::Address last_address;
  Version version = 1;
};

enum class KeyState : std::uint8_t { Next, Active, Retired, Destroyed };

// A key that signs tokens. The private part is sealed under the installation's data key.
struct SigningKey {
  KeyId id;
  std::string kid;                    // as in the JWKS; unique
  crypto::SignAlg alg = crypto::SignAlg::ES256;
  ApiId api;                          // none(): for every API of that algorithm
  KeyState state = KeyState::Next;
  std::string public_jwk;             // JSON; empty for HMAC
  Bytes sealed_private;               // keys::Sealer; empty once destroyed
  Instant created;
  std::optional<Instant> activated, retired, destroyed;
  Version version = 1;
};

// A network rule of the whole installation.
struct Rule {
  RuleId id;
  std::string name;
  NetworkRule network;
  bool observe = false;               // says what it would refuse, refuses nothing
  Instant created, updated;
  Version version = 1;
};

enum class Severity : std::uint8_t { Info, Warning, Critical };

// Something its owner would want to know. A burst is one alert with a count.
struct Alert {
  AlertId id;
  std::string rule;                   // "use_after_rotation"
  Severity severity = Severity::Warning;
  TokenId token;                      // what it is about; none() where it is not a token
  TokenId family;
  PrincipalId principal;
  std::string evidence;               // ids, addresses and counts only
  std::uint64_t count = 1;
  Instant first, last;
  std::optional<Instant> acknowledged;
  Version version = 1;
};

// Who did what. Ids only, never a secret.
struct AuditEvent {
  EventId id;
  Instant at;
  std::string actor;                  // "uid:0", "usr_…", "tok_…", "system"
  std::string action;                 // "token.create"
  std::string target;                 // the id it was done to
  std::string detail;                 // JSON object; may be empty
  net::Address address;
  std::string request_id;
  std::string trace_id;               // of the caller's traceparent (W3C Trace Context); may be empty
  // The ledger's: its place in the order of commits, from 1 without a gap, and what holds it there (chain.h).
  std::uint64_t number = 0;
  Bytes seal, link;                   // empty where it was written before there was a chain
};

// Where events are sent: an address that takes Standard Webhooks.
struct Webhook {
  WebhookId id;
  std::string url;
  std::vector<std::string> events;    // "token.revoke", "alert.*"; none: every one
  Bytes sealed_secret;                // keys::Sealer; what deliveries are signed with
  Standing standing = Standing::Active;
  std::string note;                   // the operator's words
  Instant created, updated;
  Version version = 1;
};

// Overflowed: stopped by us because nobody took what waited; what waits is still handed out.
enum class StreamState : std::uint8_t { Enabled, Paused, Disabled, Overflowed };

// Where security events go (OpenID Shared Signals Framework): a stream belongs to the receiver that made it.
struct Stream {
  StreamId id;
  std::string owner;                  // "svc_…", "usr_…", "cli_…", or "operator"
  std::string audience;               // `aud` of what is sent
  std::string url;                    // where it is pushed; empty: it is polled
  std::vector<std::string> events;    // URIs of event types, as asked for; also such as we do not know
  std::vector<std::string> without;   // subjects that were removed: "usr_…", "svc_…", or an email address; sorted
  bool by_email = false;              // whether subjects are named by email address, where there is one
  Bytes sealed_authorization;         // keys::Sealer; the Authorization of pushes; may be empty
  StreamState state = StreamState::Enabled;
  std::string reason;                 // of its state; the receiver's words, or ours
  std::string description;
  std::optional<Instant> verified;    // when a verification was last asked for
  Instant created, updated;
  Version version = 1;
};

enum class DeliveryState : std::uint8_t { Waiting, Delivered, Dead };
// One message on its way out: to a webhook, to a stream's receiver, or by mail. Its id stays the same through all attempts.
struct Delivery {
  DeliveryId id;
  WebhookId webhook;                  // none() where it is not for one
  StreamId stream;                    // likewise; both none(): mail
  std::string recipient;              // a mail's
  std::string event;                  // "token.revoke"
  std::string body;                   // as it is sent, a stream's unsigned; empty where it is sealed
  Bytes sealed;                       // keys::Sealer; of a mail that carries a link
  DeliveryState state = DeliveryState::Waiting;
  std::uint32_t attempts = 0;
  std::int64_t status = 0;            // of the last answer; 0 where there was none
  std::string trouble;                // what was wrong the last time
  Instant created, next;              // next: of the next attempt, or when it ended
  Version version = 1;
};

// An answer kept for callers that lost it: sealed, found by a hash of caller and Idempotency-Key.
struct SavedAnswer {
  crypto::Sha256Digest key{};
  crypto::Sha256Digest request{};     // of the request it answers; another request under the same key is a Conflict
  Bytes sealed;
  Instant expires;
};

// How often a token was let in on one day, and how last. What is noted of one token and day adds up.
struct DayUse {
  TokenId token;
  std::uint32_t day = 0;              // since 1970, UTC
  std::uint64_t count = 0;
  Instant last;
  net::Address network;               // of the last use, cut to a /24 or a /48
  std::string agent;                  // its User-Agent, shortened; empty where none was told
};

// What is spent of quotas: words of limits/limiter.h.
struct QuotaUse {
  Ulid subject;
  std::uint64_t day = 0, month = 0;
  std::uint64_t credits = 0;          // spent since ever
};

// One name and value of the installation's settings; the value is JSON.
struct Setting {
  std::string name;
  std::string value;
  Version version = 1;
};

// What a person proves with who they are. One password, one TOTP secret and one set of recovery codes a person.
enum class CredentialKind : std::uint8_t { Password, Totp, RecoveryCodes, Passkey };
struct Credential {
  CredentialId id;
  PrincipalId principal;
  CredentialKind kind = CredentialKind::Password;
  std::string name;                   // the person's word for it
  std::string handle;                 // of a passkey its credential id, base64url, unique; empty otherwise
  Bytes sealed;                       // keys::Sealer
  std::uint32_t pepper = 0;           // recovery codes are hashed under; 0: under none
  std::uint64_t counter = 0;          // the last TOTP step that was used, a passkey's signature count
  Instant created, updated;
  std::optional<Instant> last_used;
  Version version = 1;
};

// What may be used once: one record for all of it, because one statement must decide.
enum class TicketKind : std::uint8_t {
  Code,        // authorization code
  Refresh,     // refresh token of a grant
  Device,      // device code (RFC 8628)
  UserCode,    // what a person types for it
  Pushed,      // pushed authorization request (RFC 9126)
  Seen,        // a `jti` that was seen
  Link,        // invitation, password reset
  Consent,     // what a user lets a client do; lasts
  Challenge,   // of a passkey's ceremony; a login that waits for its second factor
  Lasting,     // what others know a user by; a sealed value of the installation
};
struct Ticket {
  crypto::Sha256Digest id{};          // keyed hash of its text, or a hash of what names it
  std::uint32_t pepper = 0;           // of a keyed hash its pepper's number; 0 of any other
  TicketKind kind = TicketKind::Code;
  TokenId token;                      // the grant or session it belongs to; none() where it has none
  PrincipalId principal;
  ClientId client;
  std::string data;                   // JSON, without secrets
  Bytes sealed;                       // keys::Sealer; may be empty
  Instant created, expires;
  std::optional<Instant> used;
  Version version = 1;
};

// A signed token taken back by its id before it expired.
struct RevokedJwt {
  TokenId jti;
  Instant expires;
  Instant revoked;
};

}  // namespace jeton::ledger
