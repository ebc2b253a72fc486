// What a check of a token answers: yes or no, with a reason, and what was believed.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "authority/ledger/records.h"
#include "authority/limits/limiter.h"

namespace jeton::verify {

// Why a request is let in or not. Closed; `name()` is the wire spelling.
enum class Reason : std::uint8_t {
  Allowed,
  NoToken,         // nothing was presented
  Malformed,       // not one of our forms, or a checksum that does not fit
  Unknown,         // well formed, never issued here (or forgotten long ago)
  BadSignature,
  UnknownKey,
  Expired,
  NotYetValid,
  Revoked,
  RotatedOut,      // rotation has ended it
  PrincipalEnded,  // its user or service account is disabled or deleted
  DeviceRevoked,
  ClientEnded,
  WrongApi,        // made for another API
  NoSuchApi,       // the caller asked about an API that does not exist
  NoRoute,         // the API has a route table, and nothing in it fits
  BadPath,         // the path could be read in two ways
  Network,         // not from there
  Scope,           // a scope is missing
  Unbound,         // bound to a key, and nothing proves that the caller has it
  Unavailable,     // the store or a key is out of reach: refused, not judged
  OutOfService,    // the token's algorithm failed its self-test: refused, not judged
  PathUnsaid,      // the API has a route table, and neither a path nor a scope was named
  RateLimited,     // good, but over a limit
  Quarantined,     // kept out until somebody releases it
  StepUp,          // kept out until its person logs in anew
};
std::string_view name(Reason reason);

// What was tried; the watch learns of other guesses than of tokens too.
enum class Tried : std::uint8_t { Token, Password, DeviceCode };

// What the caller wants to know about a token.
struct Asked {
  std::string_view api;      // id, name or audience; empty: the token's own API
  std::string_view scope;    // space separated, all are needed; empty: none
  std::string_view method;   // with `path`: looked up in the API's route table, if it has one
  std::string_view path;     // as the upstream will get it, without the query; empty: no route is asked for
  net::Address address;      // where the call came from; none: no address is known
  std::uint32_t agent = 0;   // a hash of the caller's User-Agent; 0: not told. For the watch alone
  // A path was to be said and was not: what a route table cannot judge it does not let in.
  bool path_unsaid = false;
  std::string_view confirmation = {};   // JSON of `cnf` for the key that the caller proved to have; empty: none
};

// A token that was looked up or verified: only this room makes one. Views live as long as the Reading that gave them.
class Believed {
 public:
  // The pass that only the Opener has.
  class Maker {
    friend class Opener;
    Maker() = default;
  };
  explicit Believed(Maker) {}

  TokenId id() const { return id_; }
  opaque::Kind kind() const { return kind_; }
  bool signed_token() const { return signed_; }          // a JWT rather than an opaque token
  PrincipalId principal() const { return principal_; }
  DeviceId device() const { return device_; }            // none() where it has none
  ClientId client() const { return client_; }
  ApiId api() const { return api_; }
  std::string_view api_name() const { return api_name_; }
  std::string_view scope() const { return scope_; }      // space separated
  std::optional<Instant> expires() const { return expires_; }
  std::string_view confirmation() const { return confirmation_; }   // JSON of `cnf` it is bound by; empty: a bearer token
  TokenId parent() const { return parent_; }             // what a JWT was exchanged for; none() otherwise

 private:
  friend class Opener;
  TokenId id_, parent_;
  opaque::Kind kind_ = opaque::Kind::Pat;
  bool signed_ = false;
  PrincipalId principal_;
  DeviceId device_;
  ClientId client_;
  ApiId api_;
  std::string_view api_name_, scope_, confirmation_;
  std::optional<Instant> expires_;
};

struct Decision {
  // Member by member: as an aggregate all its octets would be cleared, most of them room for a token.
  explicit Decision(Reason why = Reason::Unavailable) : reason(why) {}
  Reason reason;
  // The token, wherever it could be believed: always on Allowed, and on refusals that come after belief (network, scope,
  // route, wrong API) or name a token that once was (expired, revoked).
  std::optional<Believed> token;
  std::string_view missing_scope;   // on Scope: what was needed
  RuleId rule;  // on Network: the installation's rule, if it was one; none() where the rule was the token's, API's, …
  limits::Refused limit = {};  // on RateLimited
  bool allow() const { return reason == Reason::Allowed; }
};

}  // namespace jeton::verify
