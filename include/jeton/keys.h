// The keys of an issuer, or one's own: read, and held against every rule before they are used.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "jeton/answer.h"

namespace libjeton {

// A set of keys. Immutable and cheap to copy: copies share one set. Any thread may use it, also at the same time as others. It holds
// private keys where the text had them, and wipes them when the last copy dies. Where it came from is its holder's matter: a set that a
// token brings along (`jwk`, `jku`, `x5c` of its header) is never one to verify it with (RFC 8725 §3.10).
class JETON_API Keys {
 public:
  // Reads a JWK set (RFC 7517 §5), a single JWK, or one key or certificate in PEM or DER.
  //
  // Malformed: none of these, a name twice, a length or spelling that is not canonical, two keys of one kid. Keys of types that are
  // not known here are left out of a set, as RFC 7517 asks. At most 256 keys and 256 KiB.
  static Answer<Keys> parse(std::string_view text);

  // How many there are, after those of unknown types were left out: none is a set that verifies nothing.
  // It says nothing of what they are fit for.
  std::size_t size() const;

  // Whether every key is sound: numbers, curves, primes, use, certificates. Takes some milliseconds for RSA. A Verifier or Signer
  // proves what it needs by itself; this is for keys that come from somebody else and are to be stored.
  Answer<void> check() const;

  // The RFC 7638 thumbprint of the only key. Malformed where there is more than one.
  Answer<std::string> thumbprint() const;

  // Copied, never emptied: also what was moved from holds its keys.
  Keys(const Keys&) = default;
  Keys& operator=(const Keys&) = default;

 private:
  friend class Verifier;
  friend class Signer;
  struct Body;
  explicit Keys(std::shared_ptr<const Body> body) : body_(std::move(body)) {}
  std::shared_ptr<const Body> body_;
};

}  // namespace libjeton
