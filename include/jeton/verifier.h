// Is this token good? Keys and a policy make a verifier; a verifier turns a token into what may be believed, or a reason.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "jeton/answer.h"
#include "jeton/keys.h"

namespace libjeton {

// What a token must say. A plain value.
//
// `issuer` and `audience` are compared octet by octet, and neither may be empty: a token that is for anybody is for an attacker too
// (RFC 8725 §3.8, §3.9).
struct Policy {
  std::string issuer;
  std::string audience;

  // The kind of token, as "at+jwt" (RFC 9068). Where it is empty, an access token, "JWT" or no typ at all is taken, and every other
  // kind is refused (RFC 8725 §3.11). Each kind has claims that it cannot be without.
  std::string typ = {};

  // The signature algorithms that are taken. Where it is empty: the safe public-key ones, and the one a key names as its own alg. A
  // shared secret is used only where the key or this list says so; "none" does not exist. A name that is not known refuses the policy: a
  // list with a slip in it would take less than was meant, and nobody would know why.
  std::vector<std::string> algorithms = {};

  // How far clocks may differ, at both ends: ten minutes at most, for more is no difference of clocks. exp is exclusive.
  std::chrono::seconds leeway{0};
};

// A token that was verified: signature, kind, issuer, audience and time. Only a Verifier makes one, so a function that takes a
// Believed cannot be called with anything less. Owns its text; views into it live as long as it does. Any thread.
class JETON_API Believed {
 public:
  // Claims that are text; empty where the token has none of that name.
  std::string_view issuer() const;
  std::string_view subject() const;
  std::string_view token_id() const;   // jti
  std::string_view client_id() const;
  std::string_view scope() const;      // space separated

  // exp. A token without one (a logout token) gives the largest time there is.
  std::chrono::sys_seconds expires() const;

  // All claims, the JSON object that was signed.
  std::string_view claims_json() const;

  // Copied, never emptied: what was moved from is believed still.
  Believed(const Believed&) = default;
  Believed& operator=(const Believed&) = default;

 private:
  friend class Verifier;
  struct Body;
  explicit Believed(std::shared_ptr<const Body> body) : body_(std::move(body)) {}
  std::shared_ptr<const Body> body_;
};

// Verifies tokens by one set of keys and one policy. Immutable and cheap to copy; any thread, also at the same time as others. Keys
// that rotate make a new verifier, which is swapped in whole.
class JETON_API Verifier {
 public:
  // Proves every key that the policy could use; keys that are not sound refuse the whole set (WeakKey), because a set with such a key
  // was not made by who it should have been. Malformed: an empty issuer or audience, a leeway out of bounds. Unsupported: an algorithm
  // that is not known. UnknownKey: no key that the policy could use, so that every token would be refused. Some milliseconds.
  static Answer<Verifier> make(const Keys& keys, Policy policy);

  // Judges a compact, signed token at a time; the caller reads the clock, once a request.
  //
  // Checked in this order: size and grammar, key by kid, algorithm, signature, claims, kind, issuer, audience, time. The first that
  // fails is the answer, so BadSignature is never hidden behind Expired. A bearer's holding of a bound token's key (`cnf`) and
  // revocation are not looked at here.
  Answer<Believed> verify(std::string_view token, std::chrono::sys_seconds now) const;

  // Copied, never emptied.
  Verifier(const Verifier&) = default;
  Verifier& operator=(const Verifier&) = default;

 private:
  struct Body;
  explicit Verifier(std::shared_ptr<const Body> body) : body_(std::move(body)) {}
  std::shared_ptr<const Body> body_;
};

}  // namespace libjeton
