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

const KeyRing::Entry* KeyRing::signer(crypto::SignAlg alg, const ApiId& api) const {
  const Entry* shared = nullptr;
  for (const auto& e : entries_) {
    if (!e.sign || e.verify.alg() != alg) continue;
    if (e.api == api && !api.none()) return &e;
    if (e.api.none()) shared = &e;
  }
  return shared;
}

}  // namespace jeton::keys
