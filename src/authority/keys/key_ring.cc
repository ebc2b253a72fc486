#include "authority/keys/key_ring.h"

namespace jeton::keys {

KeyRing::KeyRing(std::vector<Entry> entries) : entries_(std::move(entries)) {
  jwks_ = "{\"keys\":[";
  for (const auto& e : entries_) {
    if (e.jwk.empty()) continue;
    if (jwks_.back() != '[') jwks_ += ',';
    jwks_ += e.jwk;
  }
  jwks_ += "]}";
}

const KeyRing::Entry* KeyRing::find(std::string_view kid) const {
  for (const auto& e : entries_)
    if (e.kid == kid) return &e;
  return nullptr;
}

const KeyRing::Entry* KeyRing::of(crypto::SignAlg alg, const ApiId& api, ledger::KeyState state) const {
  for (const auto& e : entries_)
    if (e.verify.alg() == alg && e.api == api && e.state == state) return &e;
  return nullptr;
}

const KeyRing::Entry* KeyRing::signer(crypto::SignAlg alg, const ApiId& api) const {
  const auto* active = of(alg, api, ledger::KeyState::Active);
  // An API that has a key of its own is never served by the installation's.
  if (active == nullptr && crypto::info(alg).key_type != crypto::KeyType::Oct) active = of(alg, ApiId(), ledger::KeyState::Active);
  return active != nullptr && active->sign ? active : nullptr;
}

bool KeyRing::stays(crypto::SignAlg alg, const ApiId& api) const {
  const auto* active = of(alg, api, ledger::KeyState::Active);
  const auto* next = of(alg, api, ledger::KeyState::Next);
  return active != nullptr && active->in_token && (next == nullptr || !next->in_token);
}

}  // namespace jeton::keys
