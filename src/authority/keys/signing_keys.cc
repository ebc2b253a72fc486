#include "authority/keys/signing_keys.h"

#include <algorithm>

#include "authority/keys/pkcs11/token_signing_key.h"
#include "authority/policy/settings.h"
#include "blocks/crypto/service.h"
#include "formats/jose/jwk.h"
#include "ground/secret_pass.h"

namespace jeton::keys {
namespace {

using ledger::KeyState;
using ledger::SigningKey;

Place place(const std::string& id) { return {"signing_keys", "private", id}; }

bool in_use(const SigningKey& k) { return k.state != KeyState::Destroyed; }

constexpr std::string_view kNoToken = "the PKCS#11 token of a signing key cannot be reached";

// The key that was adopted, and no other one that has its name by now.
Result<crypto::SignKey> in_its_token(const std::string& uri, const SigningKey& k) {
  TRY(auto key, open_token_signing_key(uri, k.alg));
  jose::Jwk jwk;
  jwk.pub = key.public_parts();
  if (jose::thumbprint(jwk) != k.kid)
    return fault(Fault::Config,
                 "the PKCS#11 token holds another key of that name than the one that was adopted: adopt it, or put the old one back");
  return key;
}

// Nobody but its API would know another one.
Status not_shared(crypto::SignAlg alg) {
  if (crypto::info(alg).key_type != crypto::KeyType::Oct) return {};
  return refuse(Refusal::Conflict, "the API has that secret too: jeton api shared-secret makes another one and shows it");
}

// Only an active key gets its private half; the others verify, or wait.
Result<KeyRing::Entry> entry_of(const SigningKey& k, const Secret& private_jwk) {
  const bool signs = k.state == KeyState::Active && crypto::in_service(k.alg);
  const auto text = as_text(private_jwk.read(Pass::key()));
  const auto uri = token_uri(text);
  if (uri || (!signs && !k.public_jwk.empty())) {
    TRY(const auto jwk, jose::parse_jwk(k.public_jwk));
    TRY(auto verify, jose::verify_key(jwk, k.alg));
    KeyRing::Entry entry{k.id, k.kid, k.api, k.state, std::move(verify), std::nullopt, k.public_jwk, uri.has_value()};
    if (uri && signs) {
      // A token that is not there stops what is signed with its keys, not the rest.
      if (auto elsewhere = in_its_token(*uri, k)) entry.sign = *std::move(elsewhere);
      else entry.trouble = elsewhere.error().detail().empty() ? kNoToken : elsewhere.error().detail();
    }
    return entry;
  }
  TRY(const auto jwk, jose::parse_jwk(text));
  TRY(auto sign, jose::sign_key(jwk, k.alg));
  return KeyRing::Entry{k.id, k.kid, k.api, k.state, sign.verify_key(), signs ? std::optional(sign) : std::nullopt, k.public_jwk};
}

}  // namespace

SigningKeys::SigningKeys(ledger::Ledger& ledger, const Sealer& sealer, Entropy& entropy, OnRing on_ring)
    : ledger_(ledger),
      sealer_(sealer),
      entropy_(entropy),
      on_ring_(std::move(on_ring)),
      ring_(std::make_shared<const KeyRing>(std::vector<KeyRing::Entry>())) {}

Status SigningKeys::load() {
  const std::lock_guard lock(mutex_);
  return load_locked();
}

Result<std::vector<KeyRing::Entry>> SigningKeys::read() {
  TRY(const auto records, ledger_.keys());
  std::vector<KeyRing::Entry> entries;
  for (const auto& k : records) {
    if (!in_use(k)) continue;
    const auto opened = sealer_.open(place(k.id.text()), k.sealed_private);
    if (!opened && opened.error().is(Fault::SelfTest)) return std::unexpected(opened.error());
    if (!opened) return fault(Fault::Config, "a signing key does not open: the master key is another one, or the ledger is damaged");
    TRY(auto entry, entry_of(k, *opened));
    entries.push_back(std::move(entry));
  }
  return entries;
}

Status SigningKeys::load_locked() {
  TRY(auto entries, read());
  publish(std::move(entries));
  return {};
}

// Every new ring empties caches: it is made where it brings something.
Status SigningKeys::reach_tokens() {
  const auto silent = [](const auto& entries) {
    return std::ranges::count_if(entries, [](const KeyRing::Entry& e) { return !e.trouble.empty(); });
  };
  const auto before = silent(ring()->entries());
  if (before == 0) return {};
  TRY(auto entries, read());
  if (silent(entries) < before) publish(std::move(entries));
  return {};
}

void SigningKeys::publish(std::vector<KeyRing::Entry> entries) {
  auto ring = std::make_shared<const KeyRing>(std::move(entries));
  {
    const std::lock_guard lock(ring_mutex_);
    ring_ = ring;
  }
  on_ring_(std::move(ring));
}

std::shared_ptr<const KeyRing> SigningKeys::ring() const {
  const std::lock_guard lock(ring_mutex_);
  return ring_;
}

Result<SigningKey> SigningKeys::fresh(const Kind& kind, KeyState state, Instant now) {
  const auto alg = kind.first;
  TRY(const auto settings, policy::read_settings(ledger_));
  TRY(const auto key, crypto::SignKey::generate(alg, settings.rsa_bits == "4096" ? 4096 : settings.rsa_bits == "3072" ? 3072 : 2048));
  SigningKey k;
  TRY(k.id, KeyId::make(now, entropy_));
  const auto id = k.id.text();
  k.kid = jose::thumbprint(jose::to_jwk(key, {}));
  k.alg = alg;
  k.api = kind.second;
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

// What was destroyed leaves the ring even where the ledger cannot be read again just then.
Status SigningKeys::commit(std::vector<ledger::Change> changes) {
  std::vector<KeyId> gone;
  for (const auto& change : changes)
    if (const auto* update = std::get_if<ledger::Update<SigningKey>>(&change); update && !in_use(update->record))
      gone.push_back(update->record.id);
  TRY_VOID(ledger_.commit(std::move(changes)));
  auto loaded = load_locked();
  if (loaded || gone.empty()) return loaded;
  auto entries = ring()->entries();
  std::erase_if(entries, [&](const KeyRing::Entry& e) { return std::find(gone.begin(), gone.end(), e.id) != gone.end(); });
  publish(std::move(entries));
  return loaded;
}

// A key that cannot sign does not take the place of one that can.
Status SigningKeys::may_sign(const SigningKey& k) {
  TRY(const auto text, sealer_.open(place(k.id.text()), k.sealed_private));
  const auto uri = token_uri(as_text(text.read(Pass::key())));
  if (!uri) return {};
  const auto key = in_its_token(*uri, k);
  if (!key) return refuse(Refusal::Conflict, key.error().detail().empty() ? kNoToken : key.error().detail());
  return {};
}

namespace {

// One that is there and signs nothing just now keeps its place: another would sign what was to be signed by that one alone.
Status signs(const KeyRing& held, crypto::SignAlg alg) {
  if (held.signer(alg, ApiId()) != nullptr) return {};
  TRY_VOID(crypto::needs(crypto::tested(alg)));
  const auto* silent = held.of(alg, ApiId(), KeyState::Active);
  return fault(Fault::Config, silent == nullptr || silent->trouble.empty() ? kNoToken : silent->trouble);
}

}  // namespace

Status SigningKeys::ensure(crypto::SignAlg alg, const audit::Doing& doing) {
  TRY_VOID(not_shared(alg));
  // Nobody waits here for whoever reaches for a token.
  if (const auto held = ring(); held->of(alg, ApiId(), KeyState::Active) != nullptr) return signs(*held, alg);
  const std::lock_guard lock(mutex_);
  if (ring()->of(alg, ApiId(), KeyState::Active) == nullptr) {
    TRY(const auto records, ledger_.keys());
    const auto there = std::ranges::any_of(
        records, [&](const SigningKey& k) { return Kind(k.alg, k.api) == Kind(alg, ApiId()) && k.state == KeyState::Active; });
    if (there) TRY_VOID(load_locked());
    else TRY_VOID(rotate_locked({alg, ApiId()}, doing));
  }
  return signs(*ring(), alg);
}

Result<SigningKey> SigningKeys::rotate(crypto::SignAlg alg, const ApiId& api, const audit::Doing& doing) {
  TRY_VOID(not_shared(alg));
  const std::lock_guard lock(mutex_);
  const auto held = ring();
  if (held->stays(alg, api) && held->of(alg, api, KeyState::Next) == nullptr)
    return refuse(
        Refusal::Conflict,
        "the active key stays in its PKCS#11 token: jeton key adopt gives it a successor there, jeton key retire one of this program's own");
  return rotate_locked({alg, api}, doing);
}

// The first key of its kind is active at once; from then on a key is published as the next one before it signs anything.
Result<SigningKey> SigningKeys::rotate_locked(const Kind& kind, const audit::Doing& doing) {
  TRY(auto records, ledger_.keys());
  std::vector<ledger::Change> changes;
  std::optional<SigningKey> active;
  for (auto& k : records) {
    if (Kind(k.alg, k.api) != kind) continue;
    if (k.state == KeyState::Active) {
      k.state = KeyState::Retired;
      k.retired = doing.now;
      changes.emplace_back(ledger::Update<SigningKey>{k});
    } else if (k.state == KeyState::Next && !active) {
      TRY_VOID(may_sign(k));
      k.state = KeyState::Active;
      k.activated = doing.now;
      active = k;
      changes.emplace_back(ledger::Update<SigningKey>{k});
    }
  }
  if (!active) {
    TRY(active, fresh(kind, KeyState::Active, doing.now));
    changes.emplace_back(ledger::Insert<SigningKey>{*active});
  }
  const auto* known = ring()->find(active->kid);
  if (known == nullptr || !known->in_token) {
    TRY(auto next, fresh(kind, KeyState::Next, doing.now));
    changes.emplace_back(ledger::Insert<SigningKey>{std::move(next)});
  }
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
  if (was_active) TRY_VOID(not_shared(key->alg));
  if (was_active) { TRY_VOID(rotate_locked({key->alg, key->api}, doing)); }
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

}  // namespace jeton::keys
