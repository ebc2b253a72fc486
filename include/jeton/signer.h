// Signs tokens with one private key.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "jeton/answer.h"
#include "jeton/keys.h"

namespace libjeton {

// Signs with one key and the one algorithm that is its own. Immutable and cheap to copy; any thread, also at the same time as others.
// The key is wiped when the last copy dies.
//
// Whoever verifies needs the public half alone, published as a JWK set under an address of the issuer's.
class JETON_API Signer {
 public:
  // The only key of `keys`, which must be private. `algorithm` is needed where the key names none itself, as a PEM file never does.
  // WeakKey: not sound, not private, not for signatures, or not for that algorithm. The pair is proven by a signature.
  static Answer<Signer> make(const Keys& keys, std::string_view algorithm = {});

  // A compact token of the claims, a JSON object that is signed as it stands. `typ` is the kind, as "at+jwt"; the header names the key
  // by its kid. Malformed: not strict JSON, not an object.
  //
  // Nothing is added: exp, iat and jti are the caller's to set. A token without exp is refused by every verifier here. Costs what the
  // signature costs, and less than a microsecond beside it.
  Answer<std::string> sign(std::string_view claims_json, std::string_view typ = "JWT") const;

  // The public half as a JWK, for the set that verifiers fetch. Unsupported for shared secrets.
  Answer<std::string> public_jwk() const;

  // Copied, never emptied.
  Signer(const Signer&) = default;
  Signer& operator=(const Signer&) = default;

 private:
  struct Body;
  explicit Signer(std::shared_ptr<const Body> body) : body_(std::move(body)) {}
  std::shared_ptr<const Body> body_;
};

}  // namespace libjeton
