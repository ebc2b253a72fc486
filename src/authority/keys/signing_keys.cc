#include "authority/keys/signing_keys.h"

#include <algorithm>

#include "formats/jose/jwk.h"
#include "ground/secret_pass.h"

namespace jeton::keys {
namespace {

using ledger::KeyState;
using ledger::SigningKey;

Place place(const std::string& id) { return {"signing_keys", "private", id}; }

bool in_use(const SigningKey& k) { return k.state != KeyState::Destroyed; }

}  // namespace

SigningKeys::SigningKeys(ledger::Ledger& ledger, const Sealer& sealer, Entropy& entropy, OnRing on_ring)
    : ledger_(ledger), sealer_(sealer), entropy_(entropy), on_ring_(std::move(on_ring)) {}

Status SigningKeys::load() {
  const std::lock_guard lock(mutex_);
  return load_locked();
}

Status SigningKeys::load_locked() {
  TRY(const auto records, ledger_.keys());
  std::vector<KeyRing::Entry> entries;
  std::vector<std::string> published;
  for (const auto& k : records) {
    if (!in_use(k)) continue;
    const auto id = k.id.text();
    const auto opened = sealer_.open(place(id), k.sealed_private);
    if (!opened) return fault(Fault::Config, "a signing key does not open: the master key is another one, or the ledger is damaged");
    TRY(const auto jwk, jose::parse_jwk(as_text(opened->read(Pass::key()))));
    TRY(const auto sign, jose::sign_key(jwk, k.alg));
    entries.push_back({k.id, k.kid, k.api, k.state, sign.verify_key(),
                       k.state == KeyState::Active ? std::optional(sign) : std::nullopt});
    published.push_back(k.public_jwk);
  }
  ring_ = std::make_shared<const KeyRing>(std::move(entries), published);
  on_ring_(ring_);
  return {};
}

std::shared_ptr<const KeyRing> SigningKeys::ring() const {
  const std::lock_guard lock(mutex_);
  return ring_;
}

Result<SigningKey> SigningKeys::fresh(crypto::SignAlg alg, const ApiId& api, KeyState state, Instant now) {
  TRY(const auto key, crypto::SignKey::generate(alg));
  SigningKey k;
  TRY(k.id, KeyId::make(now, entropy_));
  const auto id = k.id.text();
  k.kid = jose::thumbprint(jose::to_jwk(key, {}));
  k.alg = alg;
  k.api = api;
  k.state = state;
  k.created = now;
  if (state == KeyState::Active) k.activated = now;
  if (crypto::info(alg).key_type != crypto::KeyType::Oct) k.public_jwk = jose::to_json(key, k.kid, jose::Part::Public);
  auto text = jose::to_json(key, k.kid, jose::Part::Private);
  auto sealed = sealer_.seal(place(id), as_bytes(text), entropy_);
  wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
  if (!sealed) return std::unexpected(sealed.error());
  k.sealed_private = *std::move(sealed);
  return k;
}

Status SigningKeys::commit(std::vector<ledger::Change> changes) {
  TRY_VOID(ledger_.commit(std::move(changes)));
  return load_locked();
}

Status SigningKeys::ensure(crypto::SignAlg alg, const audit::Doing& doing) {
  const std::lock_guard lock(mutex_);
  if (ring_ && ring_->signer(alg, ApiId()) != nullptr) return {};
  TRY_VOID(rotate_locked(alg, ApiId(), doing));
  return {};
}

Result<SigningKey> SigningKeys::rotate(crypto::SignAlg alg, const ApiId& api, const audit::Doing& doing) {
  const std::lock_guard lock(mutex_);
  return rotate_locked(alg, api, doing);
}

// The first key of its kind is active at once; from then on a key is published as the next one before it signs anything.
Result<SigningKey> SigningKeys::rotate_locked(crypto::SignAlg alg, const ApiId& api, const audit::Doing& doing) {
  TRY(auto records, ledger_.keys());
  std::vector<ledger::Change> changes;
  std::optional<SigningKey> active;
  for (auto& k : records) {
    if (k.alg != alg || k.api != api) continue;
    if (k.state == KeyState::Active) {
      k.state = KeyState::Retired;
      k.retired = doing.now;
      changes.emplace_back(ledger::Update<SigningKey>{k});
    } else if (k.state == KeyState::Next && !active) {
      k.state = KeyState::Active;
      k.activated = doing.now;
      active = k;
      changes.emplace_back(ledger::Update<SigningKey>{k});
    }
  }
  if (!active) {
    TRY(active, fresh(alg, api, KeyState::Active, doing.now));
    changes.emplace_back(ledger::Insert<SigningKey>{*active});
  }
  TRY(auto next, fresh(alg, api, KeyState::Next, doing.now));
  changes.emplace_back(ledger::Insert<SigningKey>{std::move(next)});
  TRY(auto event, audit::event(doing, "key.rotate", active->id.text(), entropy_));
  changes.push_back(std::move(event));
  TRY_VOID(commit(std::move(changes)));
  return *active;
}

Status SigningKeys::retire(const KeyId& id, Retirement how, const audit::Doing& doing) {
  const std::lock_guard lock(mutex_);
  TRY(auto key, ledger_.key(id));
  if (!key || key->state == KeyState::Destroyed) return refuse(Refusal::NotFound, "no such signing key");
  const bool was_active = key->state == KeyState::Active;
  if (was_active) {
    TRY_VOID(rotate_locked(key->alg, key->api, doing));
  }
  TRY(key, ledger_.key(id));
  key->retired = key->retired.value_or(doing.now);
  key->state = KeyState::Retired;
  if (how == Retirement::EndNow) {
    key->state = KeyState::Destroyed;
    key->destroyed = doing.now;
    key->sealed_private.clear();
  }
  std::vector<ledger::Change> changes{ledger::Update<SigningKey>{*key}};
  TRY(auto event, audit::event(doing, how == Retirement::EndNow ? "key.destroy" : "key.retire", id.text(), entropy_));
  changes.push_back(std::move(event));
  return commit(std::move(changes));
}

Status SigningKeys::destroy_due(Seconds longest_token, const audit::Doing& doing) {
  const std::lock_guard lock(mutex_);
  TRY(auto records, ledger_.keys());
  std::vector<ledger::Change> changes;
  for (auto& k : records) {
    if (k.state != KeyState::Retired || !k.retired || *k.retired + longest_token > doing.now) continue;
    k.state = KeyState::Destroyed;
    k.destroyed = doing.now;
    k.sealed_private.clear();
    TRY(auto event, audit::event(doing, "key.destroy", k.id.text(), entropy_));
    changes.emplace_back(ledger::Update<SigningKey>{std::move(k)});
    changes.push_back(std::move(event));
  }
  return changes.empty() ? Status() : commit(std::move(changes));
}

}  // namespace jeton::keys
