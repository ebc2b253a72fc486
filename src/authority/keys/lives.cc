// What is due, and doing it.
#include <algorithm>
#include <bitset>
#include <set>

#include "authority/keys/pkcs11/token_signing_key.h"
#include "authority/keys/signing_keys.h"
#include "blocks/crypto/service.h"
#include "blocks/json/writer.h"
#include "formats/jose/jwk.h"
#include "ground/base64url.h"
#include "ground/secret_pass.h"

namespace jeton::keys {
namespace {

using ledger::KeyState;
using ledger::SigningKey;

const SigningKey* find(const std::vector<SigningKey>& all, const SigningKey& like, KeyState state) {
  for (const auto& k : all)
    if (k.alg == like.alg && k.api == like.api && k.state == state) return &k;
  return nullptr;
}

bool is_shared(crypto::SignAlg alg) { return crypto::info(alg).key_type == crypto::KeyType::Oct; }

}  // namespace

std::optional<Due> due(const SigningKey& key, const std::vector<SigningKey>& all, const Lives& lives) {
  const auto rotates = [&](const SigningKey& active) -> std::optional<Instant> {
    if (lives.rotation == Seconds(0) || !active.activated || is_shared(active.alg)) return std::nullopt;
    const auto age = *active.activated + lives.rotation;
    const auto* next = find(all, active, KeyState::Next);
    return next == nullptr ? age : std::max(age, next->created + kJwksKept);
  };
  switch (key.state) {
    case KeyState::Next: {
      const auto* active = find(all, key, KeyState::Active);
      const auto at = active == nullptr ? std::nullopt : rotates(*active);
      if (!at) return std::nullopt;
      return Due{Due::What::Activate, *at};
    }
    case KeyState::Active: {
      const auto at = rotates(key);
      if (!at) return std::nullopt;
      return Due{Due::What::Retire, *at};
    }
    case KeyState::Retired: return Due{Due::What::Destroy, key.retired.value_or(key.created) + lives.longest_token};
    case KeyState::Destroyed: return std::nullopt;
  }
  return std::nullopt;
}

Status SigningKeys::tend_kind(const Kind& kind, const std::vector<SigningKey>& all, const Lives& lives, const audit::Doing& doing) {
  SigningKey like;
  like.alg = kind.first;
  like.api = kind.second;
  const auto* active = find(all, like, KeyState::Active);
  if (active == nullptr || !crypto::in_service(kind.first)) return {};
  // Behind a key that stays in a token comes what somebody puts there.
  if (ring()->stays(kind.first, kind.second)) return {};
  if (find(all, like, KeyState::Next) == nullptr) {
    TRY(auto next, fresh(kind, KeyState::Next, doing.now));
    TRY(auto event, audit::event(doing, "key.publish", next.id.text(), entropy_));
    return commit({ledger::Insert<SigningKey>{std::move(next)}, std::move(event)});
  }
  const auto at = due(*active, all, lives);
  if (!at || doing.now < at->at) return {};
  TRY_VOID(rotate_locked(kind, doing));
  return {};
}

Status SigningKeys::tend(const Lives& lives, const audit::Doing& doing) {
  const std::lock_guard lock(mutex_);
  TRY_VOID(reach_tokens());
  TRY(const auto all, ledger_.keys());
  std::set<std::pair<int, std::string>> seen;
  Status worst;
  for (const auto& k : all) {
    // What somebody has to tell an API is not changed by a schedule.
    if (k.state != KeyState::Active || is_shared(k.alg) || !seen.emplace(int(k.alg), k.api.none() ? std::string() : k.api.text()).second)
      continue;
    if (auto done = tend_kind({k.alg, k.api}, all, lives, doing); !done) worst = done;
  }
  if (auto done = destroy_due(lives, doing); !done) worst = done;
  return worst;
}

Status SigningKeys::destroy_due(const Lives& lives, const audit::Doing& doing) {
  TRY(auto records, ledger_.keys());
  std::vector<ledger::Change> changes;
  for (auto& k : records) {
    if (k.state != KeyState::Retired) continue;
    const auto when = due(k, records, lives);
    if (!when || doing.now < when->at) continue;
    SigningKey gone = k;
    gone.state = KeyState::Destroyed;
    gone.destroyed = doing.now;
    gone.sealed_private.clear();
    TRY(auto event, audit::event(doing, "key.destroy", k.id.text(), entropy_));
    changes.emplace_back(ledger::Update<SigningKey>{std::move(gone)});
    changes.push_back(std::move(event));
  }
  return changes.empty() ? Status() : commit(std::move(changes));
}

Result<SigningKey> SigningKeys::replace(crypto::SignAlg alg, const ApiId& api, const audit::Doing& doing) {
  if (is_shared(alg))
    return refuse(Refusal::Conflict,
                  "the API has that secret too: jeton api shared-secret makes another one, jeton key retire --now ends the old");
  const std::lock_guard lock(mutex_);
  TRY(const auto records, ledger_.keys());
  TRY(auto active, fresh({alg, api}, KeyState::Active, doing.now));
  TRY(auto next, fresh({alg, api}, KeyState::Next, doing.now));
  std::vector<ledger::Change> changes;
  for (auto k : records) {
    if (k.alg != alg || k.api != api || (k.state != KeyState::Active && k.state != KeyState::Next)) continue;
    k.retired = k.destroyed = doing.now;
    k.state = KeyState::Destroyed;
    k.sealed_private.clear();
    TRY(auto event, audit::event(doing, "key.destroy", k.id.text(), entropy_));
    changes.emplace_back(ledger::Update<SigningKey>{std::move(k)});
    changes.push_back(std::move(event));
  }
  TRY(auto event, audit::event(doing, "key.replace", active.id.text(), entropy_));
  changes.emplace_back(ledger::Insert<SigningKey>{active});
  changes.emplace_back(ledger::Insert<SigningKey>{std::move(next)});
  changes.push_back(std::move(event));
  TRY_VOID(commit(std::move(changes)));
  return active;
}

Result<SigningKey> SigningKeys::adopt(crypto::SignAlg alg, const ApiId& api, const std::string& uri, const audit::Doing& doing) {
  const std::lock_guard lock(mutex_);
  const auto key = open_token_signing_key(uri, alg);
  if (!key)
    return refuse(Refusal::Invalid,
                  key.error().detail().empty() ? "pkcs11: the key cannot be used for that algorithm" : key.error().detail());
  SigningKey k;
  TRY(k.id, KeyId::make(doing.now, entropy_));
  jose::Jwk jwk;
  jwk.pub = key->public_parts();
  k.kid = jose::thumbprint(jwk);
  jwk.kid = k.kid;
  jwk.use = "sig";
  jwk.alg = crypto::info(alg).name;
  TRY(k.public_jwk, jose::to_json(jwk, jose::Part::Public));
  k.alg = alg;
  k.api = api;
  k.created = doing.now;
  TRY(k.sealed_private, sealer_.seal({"signing_keys", "private", k.id.text()}, as_bytes(token_reference(uri)), entropy_));
  std::vector<ledger::Change> changes;
  TRY(const auto records, ledger_.keys());
  for (auto old : records) {
    if (old.alg != alg || old.api != api || old.state != KeyState::Next) continue;
    old.state = KeyState::Destroyed;
    old.retired = old.destroyed = doing.now;
    old.sealed_private.clear();
    changes.emplace_back(ledger::Update<SigningKey>{std::move(old)});
  }
  TRY(auto event, audit::event(doing, "key.adopt", k.id.text(), entropy_));
  changes.emplace_back(ledger::Insert<SigningKey>{k});
  changes.push_back(std::move(event));
  TRY_VOID(commit(std::move(changes)));
  return k;
}

namespace {

// RFC 8725 §3.5: at least as long as the hash, and not one octet over and over. More cannot be seen of it.
Result<Secret> octets_of(std::string_view jwk, Entropy& entropy) {
  constexpr std::size_t kFewest = 32, kMost = 1024;
  constexpr int kFewestDifferent = 8;
  if (jwk.empty()) {
    Secret made(kFewest);
    TRY_VOID(entropy.fill(made.write(Pass::key())));
    return made;
  }
  auto key = jose::parse_jwk(jwk);
  if (!key || key->pub.type != crypto::KeyType::Oct) return refuse(Refusal::Invalid, "jwk: a JSON Web Key of type oct");
  if (!jose::permits(*key, crypto::SignAlg::HS256, jose::Purpose::Sign)) return refuse(Refusal::Invalid, "jwk: a key for HS256");
  auto& octets = key->priv->k;
  if (octets.size() < kFewest || octets.size() > kMost) return refuse(Refusal::Invalid, "jwk: a secret of 32 to 1024 octets");
  std::bitset<256> seen;
  for (const auto o : octets.read(Pass::key())) seen.set(o);
  if (seen.count() < kFewestDifferent) return refuse(Refusal::Invalid, "jwk: a secret that was drawn at random");
  return std::move(octets);
}

// As the API keeps it: under a kid of ours, so that it never meets another key's.
Secret jwk_of(const std::string& kid, const Secret& octets) {
  std::string k = base64url::encode(octets.read(Pass::key())), text;
  json::Writer(text)
      .object()
      .member("kty", "oct")
      .member("kid", kid)
      .member("use", "sig")
      .member("alg", "HS256")
      .member("k", k)
      .end_object();
  Secret out = Secret::copy_of(as_bytes(text));
  wipe({reinterpret_cast<std::uint8_t*>(k.data()), k.size()});
  wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
  return out;
}

}  // namespace

Result<SharedSecret> SigningKeys::share(const ApiId& api, std::string_view given, const audit::Doing& doing) {
  TRY_VOID(crypto::needs(crypto::tested(crypto::SignAlg::HS256)));
  TRY(const auto octets, octets_of(given, entropy_));
  const std::lock_guard lock(mutex_);
  SigningKey k;
  TRY(k.id, KeyId::make(doing.now, entropy_));
  k.kid = k.id.text();
  k.alg = crypto::SignAlg::HS256;
  k.api = api;
  k.state = KeyState::Active;
  k.created = doing.now;
  k.activated = doing.now;
  SharedSecret made{k.kid, jwk_of(k.kid, octets)};
  TRY(k.sealed_private, sealer_.seal({"signing_keys", "private", k.id.text()}, made.jwk.read(Pass::key()), entropy_));
  std::vector<ledger::Change> changes;
  TRY(const auto records, ledger_.keys());
  for (auto old : records) {
    if (old.alg != k.alg || old.api != api || old.state != KeyState::Active) continue;
    old.state = KeyState::Retired;
    old.retired = doing.now;
    changes.emplace_back(ledger::Update<SigningKey>{std::move(old)});
  }
  std::string detail;
  json::Writer(detail).object().member("alg", "HS256").member("kid", k.kid).end_object();
  TRY(auto event, audit::event(doing, "api.shared_secret", api.text(), entropy_, detail));
  changes.emplace_back(ledger::Insert<SigningKey>{std::move(k)});
  changes.push_back(std::move(event));
  TRY_VOID(commit(std::move(changes)));
  return made;
}

}  // namespace jeton::keys
