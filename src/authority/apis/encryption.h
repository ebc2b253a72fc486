// Encrypted access tokens: which key an API's tokens are encrypted to, and doing it (RFC 7516).
#pragma once

#include "authority/audit/event.h"
#include "authority/keys/sealer.h"

namespace jeton::apis {

// "dir", "A256KW", "ECDH-ES+A256KW", "RSA-OAEP-256"; empty for None.
std::string_view name(ledger::Encryption encryption);
std::optional<ledger::Encryption> encryption_named(std::string_view name);

// What an API's owner needs to decrypt: for a shared key the key itself, which is shown once.
struct EncryptionKey {
  ledger::Api api;
  std::string kid, jwk;
  bool secret = false;
};

// Any thread.
class Encryptions {
 public:
  Encryptions(ledger::Ledger& ledger, const keys::Sealer& sealer, Entropy& entropy) : ledger_(ledger), sealer_(sealer), entropy_(entropy) {}

  // From now on the API's tokens are encrypted so; those that are about stay good. `jwk` is the API's public key, or a shared one;
  // a shared one is made where it is empty. Invalid with the member's name in front: not a key, not for that algorithm, or a private
  // half that should have stayed where it was.
  Result<EncryptionKey> set(ledger::Api api, ledger::Encryption encryption, std::string_view jwk, const audit::Doing& doing);
  // The signed token within an encrypted one, `cty` JWT and `enc` A256GCM. An API of format jwe that has no key yet gets a shared one.
  Result<Secret> encrypt(const ledger::Api& api, std::string_view jws, const audit::Doing& doing);

 private:
  Result<std::string> jwk_of(const ledger::Api& api);

  ledger::Ledger& ledger_;
  const keys::Sealer& sealer_;
  Entropy& entropy_;
};

}  // namespace jeton::apis
