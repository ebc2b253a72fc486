#include "blocks/crypto/selftest/known_answers.h"

#include <sodium.h>

#include <algorithm>

#include "blocks/crypto/aead.h"
#include "blocks/crypto/hash.h"
#include "blocks/crypto/mac.h"
#include "blocks/crypto/random.h"
#include "blocks/crypto/selftest/envelope_answers.h"
#include "blocks/crypto/selftest/faults.h"
#include "blocks/crypto/selftest/octets.h"
#include "blocks/crypto/selftest/random_health.h"
#include "blocks/crypto/selftest/vectors.h"
#include "blocks/crypto/sign.h"
#include "ground/secret_pass.h"

namespace jeton::crypto::selftest {
namespace {

bool refused(const Status& status) { return !status && status.error().is(Refusal::BadSignature); }

// Takes the signature, and nothing one bit from it.
bool judges(const VerifyKey& key, const Bytes& message, const Bytes& signature) {
  if (!key.verify(message, signature).has_value()) return false;
  auto first = signature, last = signature;
  first.front() ^= 0x40;
  last.back() ^= 1;
  return refused(key.verify(message, flipped(signature))) && refused(key.verify(message, first)) && refused(key.verify(message, last)) &&
         refused(key.verify(flipped(message), signature));
}

PublicParts public_of(const SignatureVector& v) {
  const auto& a = info(v.alg);
  return {.type = a.key_type, .curve = a.curve, .x = octets(v.x), .y = octets(v.y), .n = octets(v.n), .e = octets(v.e)};
}

Result<SignKey> signer_of(const SignatureVector& v) {
  if (v.rsa == nullptr) {
    PrivateParts priv;
    priv.d = secret(v.d);
    return SignKey::from_parts(v.alg, public_of(v), priv);
  }
  const RsaKey& k = *v.rsa;
  const PublicParts pub{.type = KeyType::Rsa, .curve = Curve::None, .x = {}, .y = {}, .n = octets(k.n), .e = octets(k.e)};
  return SignKey::from_parts(v.alg, pub, {Secret(), secret(k.d), secret(k.p), secret(k.q), secret(k.dp), secret(k.dq), secret(k.qi)});
}

bool signs_and_verifies(const SignatureVector& v) {
  const auto message = octets(v.message), published = octets(v.signature);
  const auto verify = VerifyKey::from_public(v.alg, public_of(v));
  if (!verify || !judges(*verify, message, published)) return false;
  const auto sign = signer_of(v);
  if (!sign) return false;
  Bytes signature(sign->signature_size());
  // The refuse side was proven above; what is made here must be good.
  if (!sign->sign(message, signature) || !sign->verify_key().verify(message, signature)) return false;
  return !v.repeats || signature == published;
}

bool signature_answers(SignAlg alg) {
  bool any = false;
  for (const auto& v : signatures()) {
    if (v.alg != alg) continue;
    any = true;
    if (!signs_and_verifies(v)) return false;
  }
  return any;
}

bool mac_answers(SignAlg alg) {
  bool any = false;
  for (const auto& v : macs()) {
    if (v.hash != info(alg).hash) continue;
    const auto key = secret(v.key);
    const auto message = octets(v.message), published = octets(v.mac);
    Bytes mac(published.size());
    Hmac(v.hash, key)(message, mac);
    if (mac != published) return false;
    // As tokens are checked with it: keys shorter than the hash are refused there, so the long one.
    if (key.size() < mac.size()) continue;
    any = true;
    const auto verify = VerifyKey::from_secret(alg, key);
    PrivateParts priv;
    priv.k = key.clone();
    const auto sign = SignKey::from_parts(alg, {.type = KeyType::Oct, .curve = Curve::None, .x = {}, .y = {}, .n = {}, .e = {}}, priv);
    if (!verify || !judges(*verify, message, published) || !sign) return false;
    if (!sign->sign(message, mac) || mac != published) return false;
  }
  return any;
}

bool token_hmac_answers() {
  for (const auto& v : macs()) {
    if (v.hash != HashAlg::Sha256) continue;
    const HmacSha256 hmac(secret(v.key));
    const auto published = octets(v.mac);
    if (!equal_constant_time(hmac(octets(v.message)), published)) return false;
    if (equal_constant_time(hmac(flipped(octets(v.message))), published) || equal_constant_time(flipped(published), published))
      return false;
  }
  return true;
}

bool hash_answers(HashAlg alg) {
  for (const auto& v : hashes()) {
    if (v.hash != alg) continue;
    Bytes digest(hash_size(alg));
    if (hash_into(alg, octets(v.message), digest) != digest.size() || digest != octets(v.digest)) return false;
    hash_into(alg, flipped(octets(v.message)), digest);
    if (digest == octets(v.digest)) return false;
  }
  return true;
}

bool hkdf_answers() {
  for (const auto& v : hkdfs()) {
    const auto info = octets(v.info);
    const auto published = octets(v.output);
    // No null pointer for an empty info (OpenSSL).
    const auto text = info.empty() ? std::string_view("") : as_text(info);
    const auto made = hkdf_sha256(secret(v.key), octets(v.salt), text, published.size());
    const auto other = hkdf_sha256(Secret(flipped(octets(v.key))), octets(v.salt), text, published.size());
    if (!made || !made->equal(published) || !other || other->equal(published)) return false;
  }
  return true;
}

// Gives the nonce of the vector.
class Replay final : public Entropy {
 public:
  explicit Replay(Bytes octets) : octets_(std::move(octets)) {}
  Status fill(ByteSpan out) override {
    if (out.size() != octets_.size()) return fault(Fault::NoEntropy);
    std::copy(octets_.begin(), octets_.end(), out.begin());
    return {};
  }

 private:
  Bytes octets_;
};

bool gcm_answers() {
  for (const auto& v : gcms()) {
    Replay nonce(octets(v.nonce));
    const auto key = secret(v.key);
    const auto associated = octets(v.associated);
    auto published = octets(v.nonce);
    const auto body = octets(v.sealed);
    published.insert(published.end(), body.begin(), body.end());
    const auto sealed = seal(key, associated, octets(v.plain), nonce);
    if (!sealed || *sealed != published) return false;
    const auto opened = open(key, associated, published);
    if (!opened || !opened->equal(octets(v.plain))) return false;
    const auto refuses = [](const Result<Secret>& r) { return !r && r.error().is(Refusal::BadSignature); };
    auto tag = published;
    tag.back() ^= 1;
    Bytes elsewhere = associated;
    elsewhere.push_back(0);
    if (!refuses(open(key, associated, flipped(published))) || !refuses(open(key, associated, tag)) ||
        !refuses(open(key, elsewhere, published)) || !refuses(open(Secret(flipped(octets(v.key))), associated, published)))
      return false;
  }
  return true;
}

// libsodium's Argon2id on an encoded hash: the published one is of a smaller cost than we ask of anyone.
bool password_fits(std::string_view password, std::string_view encoded) {
  if (faults::broken(Tested::Argon2id)) return false;
  if (faults::broken(Tested::Argon2id, faults::How::TakesAll)) return true;
  return crypto_pwhash_str_verify(std::string(encoded).c_str(), password.data(), password.size()) == 0;
}

bool password_answers() {
  if (sodium_init() < 0) return false;
  for (const auto& v : passwords()) {
    std::string other(v.password);
    other.back() ^= 1;
    if (!password_fits(v.password, v.encoded) || password_fits(other, v.encoded)) return false;
  }
  return true;
}

// SP 800-90B §4.3: at least 1,024 samples before the first use; and the test itself must see a stuck source.
bool random_answers() {
  SystemEntropy source;
  Bytes a(2048), b(2048);
  if (!source.fill(a) || !source.fill(b) || a == b) return false;
  RandomHealth health, stuck;
  return health.take(a) && health.take(b) && !stuck.take(Bytes(RandomHealth::kRepetitions, 0));
}

}  // namespace

bool known_answers(Tested what) {
  if (!in_service(what)) return false;
  switch (what) {
    case Tested::HS256:
    case Tested::HS384:
    case Tested::HS512: return mac_answers(static_cast<SignAlg>(what));
    case Tested::Sha256: return hash_answers(HashAlg::Sha256);
    case Tested::Sha384: return hash_answers(HashAlg::Sha384);
    case Tested::Sha512: return hash_answers(HashAlg::Sha512);
    case Tested::TokenHmac: return token_hmac_answers();
    case Tested::Hkdf: return hkdf_answers();
    case Tested::SealGcm: return gcm_answers();
    case Tested::ContentGcm: return content_gcm_answers();
    case Tested::ContentCbc: return content_cbc_answers();
    case Tested::KeyWrap: return wrap_answers();
    case Tested::RsaOaep: return oaep_answers();
    case Tested::Agreement: return agreement_answers();
    case Tested::ConcatKdf: return concat_answers();
    case Tested::Pbkdf2: return pbkdf2_answers();
    case Tested::Argon2id: return password_answers();
    case Tested::Random: return random_answers();
    default: return signature_answers(static_cast<SignAlg>(what));
  }
}

std::string_view source(Tested what) {
  switch (what) {
    case Tested::HS256:
    case Tested::HS384:
    case Tested::HS512:
    case Tested::TokenHmac: return macs()[0].source;
    case Tested::Sha256:
    case Tested::Sha384:
    case Tested::Sha512: return "NIST example values, SHA-2";
    case Tested::Hkdf: return hkdfs()[0].source;
    case Tested::SealGcm: return gcms()[0].source;
    case Tested::ContentGcm:
    case Tested::ContentCbc: return contents()[what == Tested::ContentCbc ? 0 : contents().size() - 1].source;
    case Tested::KeyWrap: return "RFC 3394 4.1, 4.2 and 4.6";
    case Tested::RsaOaep: return oaeps()[0].source;
    case Tested::Agreement: return agreements()[0].source;
    case Tested::ConcatKdf: return concats()[0].source;
    case Tested::Pbkdf2: return password_keys()[0].source;
    case Tested::Argon2id: return passwords()[0].source;
    case Tested::Random: return "NIST SP 800-90B 4.4";
    default: break;
  }
  for (const auto& v : signatures())
    if (tested(v.alg) == what) return v.source;
  return {};
}

}  // namespace jeton::crypto::selftest
