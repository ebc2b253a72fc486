// The lives of signing keys: next, active, retired, destroyed.
#pragma once

#include <functional>
#include <memory>
#include <mutex>

#include "authority/audit/event.h"
#include "authority/keys/key_ring.h"
#include "authority/keys/sealer.h"

namespace jeton::keys {

// Keeps the ring that the mint signs with and verifiers check with. Any thread; changes take a lock of their own.
class SigningKeys {
 public:
  using OnRing = std::function<void(std::shared_ptr<const KeyRing>)>;
  // `on_ring` hears of every new ring, under this object's lock.
  SigningKeys(ledger::Ledger& ledger, const Sealer& sealer, Entropy& entropy, OnRing on_ring);

  // Opens every key of the ledger. Config where one does not open: another master key, or damage.
  Status load();
  // Sees to it that an active key of that algorithm is there. RSA takes a second or two.
  Status ensure(crypto::SignAlg alg, const audit::Doing& doing);
  // The next key becomes the active one, the active one retires, a new next one is published. `api` none(): the installation's.
  Result<ledger::SigningKey> rotate(crypto::SignAlg alg, const ApiId& api, const audit::Doing& doing);
  // Retires a key; `EndNow` also ends every token it signed, at once.
  enum class Retirement : std::uint8_t { KeepVerifying, EndNow };
  Status retire(const KeyId& id, Retirement how, const audit::Doing& doing);
  // Destroys keys that retired longer ago than any token they signed can live.
  Status destroy_due(Seconds longest_token, const audit::Doing& doing);

  std::shared_ptr<const KeyRing> ring() const;

 private:
  Result<ledger::SigningKey> fresh(crypto::SignAlg alg, const ApiId& api, ledger::KeyState state, Instant now);
  Result<ledger::SigningKey> rotate_locked(crypto::SignAlg alg, const ApiId& api, const audit::Doing& doing);
  Status load_locked();
  Status commit(std::vector<ledger::Change> changes);

  ledger::Ledger& ledger_;
  const Sealer& sealer_;
  Entropy& entropy_;
  OnRing on_ring_;
  mutable std::mutex mutex_;
  std::shared_ptr<const KeyRing> ring_;
};

}  // namespace jeton::keys
