// The signing keys as verifiers and the mint see them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "authority/ledger/records.h"
#include "blocks/crypto/sign.h"

namespace jeton::keys {

// How long verifiers may keep the JWK Set: its Cache-Control says so, and a key is published that long before it signs.
inline constexpr Seconds kJwksKept{300};

// Immutable snapshot, swapped whole. Any thread.
class KeyRing {
 public:
  struct Entry {
    KeyId id;
    std::string kid;
    ApiId api;                       // none(): any API
    ledger::KeyState state;
    crypto::VerifyKey verify;
    std::optional<crypto::SignKey> sign;   // of active keys
    std::string jwk;                       // the public half as JSON; empty where it is not published
    bool in_token = false;                 // its private half stays in a PKCS#11 token
    std::string_view trouble = {};         // why an active key of a token signs nothing, and what to do; a literal
    // Whether its API has it too (HMAC): what it signed says nothing of who wrote it, so nothing here is believed for its signature.
    bool shared() const { return crypto::info(verify.alg()).key_type == crypto::KeyType::Oct; }
  };
  explicit KeyRing(std::vector<Entry> entries);

  // The key of exactly that kid, next, active or retired; null where there is none.
  const Entry* find(std::string_view kid) const;
  // The active key of that algorithm: the API's own, or the installation's; a shared secret is always the API's own. Null where there is
  // none, or it signs nothing just now: another one never takes its place.
  const Entry* signer(crypto::SignAlg alg, const ApiId& api) const;
  // The key of exactly that kind in that state, whether it signs or not. Null where there is none.
  const Entry* of(crypto::SignAlg alg, const ApiId& api, ledger::KeyState state) const;
  // Whether the active key of that kind stays in a token and the next one does not: then no schedule puts the next one in its place.
  bool stays(crypto::SignAlg alg, const ApiId& api) const;
  // The JWK Set of all public keys (RFC 7517 §5): next, active and retired ones. Shared secrets are never in it.
  const std::string& jwks() const { return jwks_; }
  const std::vector<Entry>& entries() const { return entries_; }

 private:
  std::vector<Entry> entries_;
  std::string jwks_;
};

}  // namespace jeton::keys
