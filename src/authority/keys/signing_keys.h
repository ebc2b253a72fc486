// The lives of signing keys: next, active, retired, destroyed (docs/guide/keys.md).
#pragma once

#include <functional>
#include <memory>
#include <mutex>

#include "authority/audit/event.h"
#include "authority/keys/key_ring.h"
#include "authority/keys/sealer.h"

namespace jeton::keys {

// How long keys live.
struct Lives {
  Seconds rotation{90LL * 86400};   // an active key is replaced at that age; 0: only when somebody asks
  Seconds longest_token{86400};     // what a key signed has expired that long after it retired
};

// A secret as its API keeps it. In no list and no set, and not told again.
struct SharedSecret {
  std::string kid;
  Secret jwk;
};

// What comes next for a key, and when it is due; nothing where nothing is.
struct Due {
  enum class What : std::uint8_t { Activate, Retire, Destroy } what;
  Instant at;
};
std::optional<Due> due(const ledger::SigningKey& key, const std::vector<ledger::SigningKey>& all, const Lives& lives);

// Keeps the ring that the mint signs with and verifiers check with. Any thread; changes take a lock of their own.
class SigningKeys {
 public:
  using OnRing = std::function<void(std::shared_ptr<const KeyRing>)>;
  // `on_ring` hears of every new ring, under this object's lock.
  SigningKeys(ledger::Ledger& ledger, const Sealer& sealer, Entropy& entropy, OnRing on_ring);

  // Opens every key of the ledger. Config where one does not open: another master key, or damage. A key whose algorithm is out of
  // service is in the ring and signs nothing.
  Status load();
  // Sees to it that an active key of that algorithm is there. RSA takes a second or two. Config, with what to do, where there is one in a
  // PKCS#11 token that cannot be reached, SelfTest where its algorithm is out of service: none is made in its place. Not of a shared secret.
  Status ensure(crypto::SignAlg alg, const audit::Doing& doing);
  // The next key becomes the active one, the active one retires, a new next one is published. `api` none(): the installation's.
  // At once, also where verifiers that keep the JWKS may not have seen the next key yet: `tend` waits for that. Conflict where the active
  // key stays in a PKCS#11 token and no next one was adopted.
  Result<ledger::SigningKey> rotate(crypto::SignAlg alg, const ApiId& api, const audit::Doing& doing);
  // For a key that somebody else may have: the active key and the next one are destroyed, every token they signed ends at once, and
  // fresh ones take their place.
  Result<ledger::SigningKey> replace(crypto::SignAlg alg, const ApiId& api, const audit::Doing& doing);
  // A key in a PKCS#11 token becomes the next one of its kind, published from now on; the one that waited is destroyed. Invalid: it
  // cannot be used for that algorithm, or its token cannot be reached.
  Result<ledger::SigningKey> adopt(crypto::SignAlg alg, const ApiId& api, const std::string& uri, const audit::Doing& doing);
  // Signs the API's tokens with a secret that the API has too (HS256): a JWK of type oct, or a fresh one where it is empty. The secret before
  // it retires. None is replaced by schedule: somebody has to tell the API. Answers with the JWK as the API keeps it, under a kid of our
  // own. Invalid: not a key, under 32 octets, or not random.
  Result<SharedSecret> share(const ApiId& api, std::string_view jwk, const audit::Doing& doing);
  // Retires a key; `EndNow` also ends every token it signed, at once.
  enum class Retirement : std::uint8_t { KeepVerifying, EndNow };
  Status retire(const KeyId& id, Retirement how, const audit::Doing& doing);
  // Does what is due: rotates keys that are old enough, by next ones that have been published for as long as verifiers keep the JWKS;
  // publishes a next one where there is none; destroys keys that retired longer ago than any token they signed can live. A key in a token
  // is followed by another of a token alone; one whose token was not there is tried again.
  Status tend(const Lives& lives, const audit::Doing& doing);

  std::shared_ptr<const KeyRing> ring() const;

 private:
  using Kind = std::pair<crypto::SignAlg, ApiId>;
  Result<ledger::SigningKey> fresh(const Kind& kind, ledger::KeyState state, Instant now);
  Result<ledger::SigningKey> rotate_locked(const Kind& kind, const audit::Doing& doing);
  Status tend_kind(const Kind& kind, const std::vector<ledger::SigningKey>& all, const Lives& lives, const audit::Doing& doing);
  Status destroy_due(const Lives& lives, const audit::Doing& doing);
  Result<std::vector<KeyRing::Entry>> read();
  Status load_locked();
  Status reach_tokens();
  Status may_sign(const ledger::SigningKey& k);
  Status commit(std::vector<ledger::Change> changes);
  void publish(std::vector<KeyRing::Entry> entries);

  ledger::Ledger& ledger_;
  const Sealer& sealer_;
  Entropy& entropy_;
  OnRing on_ring_;
  mutable std::mutex mutex_;  // one change at a time; held while RSA keys are made
  mutable std::mutex ring_mutex_;  // held for a copy of the pointer
  std::shared_ptr<const KeyRing> ring_;
};

}  // namespace jeton::keys
