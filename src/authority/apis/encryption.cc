#include "authority/apis/encryption.h"

#include "blocks/json/writer.h"
#include "formats/jose/jwe.h"
#include "ground/base64url.h"
#include "ground/secret_pass.h"

namespace jeton::apis {
namespace {

using ledger::Encryption;

struct Row {
  Encryption encryption;
  crypto::KeyAlg alg;
  bool shared;
};
constexpr Row kRows[] = {
    {Encryption::Dir, crypto::KeyAlg::Dir, true},
    {Encryption::A256KW, crypto::KeyAlg::A256Kw, true},
    {Encryption::EcdhEsA256KW, crypto::KeyAlg::EcdhEsA256Kw, false},
    {Encryption::RsaOaep256, crypto::KeyAlg::RsaOaep256, false},
};

const Row* row_of(Encryption encryption) {
  for (const auto& r : kRows)
    if (r.encryption == encryption) return &r;
  return nullptr;
}

keys::Place place(const std::string& id) { return {"apis", "encryption", id}; }

// A shared key of 256 bits as a JWK. A key for dir says what it encrypts (RFC 7518 §4.5).
Result<std::string> make_shared(const Row& row, Instant now, Entropy& entropy) {
  Secret k(32);
  TRY_VOID(entropy.fill(k.write(Pass::key())));
  TRY(const auto kid, Ulid::make(now, entropy));
  std::string octets = base64url::encode(k.read(Pass::key()));
  std::string out;
  json::Writer(out)
      .object()
      .member("kty", "oct")
      .member("kid", kid.text())
      .member("use", "enc")
      .member("alg", row.alg == crypto::KeyAlg::Dir ? "A256GCM" : "A256KW")
      .member("k", octets)
      .end_object();
  wipe({reinterpret_cast<std::uint8_t*>(octets.data()), octets.size()});
  return out;
}

Result<jose::Jwk> good_key(const Row& row, std::string_view text) {
  auto jwk = jose::parse_jwk(text);
  if (!jwk) return refuse(Refusal::Invalid, "jwk: a JSON Web Key");
  if (!row.shared && jwk->is_private()) return refuse(Refusal::Invalid, "jwk: the public key alone; the private one stays with the API");
  if (row.shared && jwk->pub.type != crypto::KeyType::Oct) return refuse(Refusal::Invalid, "jwk: a key of type oct for that algorithm");
  if (!jose::EncryptKey::of(*jwk, row.alg)) return refuse(Refusal::Invalid, "jwk: not a sound key for that algorithm");
  return jwk;
}

}  // namespace

std::string_view name(Encryption encryption) {
  const auto* row = row_of(encryption);
  return row == nullptr ? std::string_view() : crypto::info(row->alg).name;
}

std::optional<Encryption> encryption_named(std::string_view text) {
  for (const auto& r : kRows)
    if (crypto::info(r.alg).name == text) return r.encryption;
  return std::nullopt;
}

Result<EncryptionKey> Encryptions::set(ledger::Api api, Encryption encryption, std::string_view given, const audit::Doing& doing) {
  const auto* row = row_of(encryption);
  if (row == nullptr) return refuse(Refusal::Invalid, "alg: dir, A256KW, ECDH-ES+A256KW or RSA-OAEP-256");
  if (given.empty() && !row->shared) return refuse(Refusal::Invalid, "jwk: the API's public key is needed for that algorithm");
  EncryptionKey made;
  made.jwk = given;
  if (given.empty()) { TRY(made.jwk, make_shared(*row, doing.now, entropy_)); }
  TRY(auto jwk, good_key(*row, made.jwk));
  if (jwk.kid.empty()) {
    jwk.kid = jose::thumbprint(jwk);
    TRY(made.jwk, jose::to_json(jwk, row->shared ? jose::Part::Private : jose::Part::Public));
  }
  made.kid = jwk.kid;
  made.secret = row->shared;
  api.encryption = encryption;
  api.encryption_jwk = row->shared ? std::string() : made.jwk;
  api.sealed_encryption.clear();
  if (row->shared) { TRY(api.sealed_encryption, sealer_.seal(place(api.id.text()), as_bytes(made.jwk), entropy_)); }
  api.updated = doing.now;
  std::string detail;
  json::Writer(detail).object().member("alg", name(encryption)).member("kid", made.kid).end_object();
  TRY(auto event, audit::event(doing, "api.encryption_key", api.id.text(), entropy_, detail));
  TRY_VOID(ledger_.commit({ledger::Update<ledger::Api>{api}, std::move(event)}));
  ++api.version;
  made.api = std::move(api);
  return made;
}

Result<std::string> Encryptions::jwk_of(const ledger::Api& api) {
  if (!api.encryption_jwk.empty()) return api.encryption_jwk;
  TRY(const auto opened, sealer_.open(place(api.id.text()), api.sealed_encryption));
  return std::string(as_text(opened.read(Pass::key())));
}

Result<Secret> Encryptions::encrypt(const ledger::Api& api, std::string_view jws, const audit::Doing& doing) {
  auto current = api;
  if (current.encryption == Encryption::None) {
    auto made = set(current, Encryption::A256KW, {}, doing);
    // Somebody else made one at the same time: theirs counts.
    if (!made && !made.error().is(Refusal::Conflict)) return std::unexpected(made.error());
    TRY(const auto stored, ledger_.api(api.id));
    if (!stored || stored->encryption == Encryption::None) return fault(Fault::Config, "the API has no encryption key");
    current = *stored;
  }
  TRY(auto text, jwk_of(current));
  TRY(const auto jwk, jose::parse_jwk(text));
  wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
  TRY(const auto key, jose::EncryptKey::of(jwk, row_of(current.encryption)->alg));
  // [RFC7519 §5.2] cty says that a JWT is within.
  std::string members;
  json::Writer w(members);
  w.object().member("cty", "JWT").member("kid", jwk.kid).end_object();
  TRY(auto jwe, jose::encrypt_compact(std::string_view(members).substr(1, members.size() - 2), as_bytes(jws), key,
                                      crypto::ContentAlg::A256Gcm, entropy_));
  Secret out = Secret::copy_of(as_bytes(jwe));
  wipe({reinterpret_cast<std::uint8_t*>(jwe.data()), jwe.size()});
  return out;
}

}  // namespace jeton::apis
