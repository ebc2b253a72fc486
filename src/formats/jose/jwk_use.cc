// What a key may be used for, and whether it is sound.
#include <algorithm>

#include "blocks/crypto/envelope/agreement.h"
#include "blocks/crypto/envelope/oaep.h"
#include "blocks/crypto/hash.h"
#include "blocks/crypto/pem/encoded.h"
#include "blocks/crypto/soundness.h"
#include "formats/jose/jwk.h"

namespace jeton::jose {
namespace {

using crypto::Curve;
using crypto::KeyMode;
using crypto::KeyType;

constexpr auto weak(std::string_view what) { return refuse(Refusal::WeakKey, what); }

bool of_type(const Jwk& jwk, const crypto::SignAlgInfo& alg) {
  return alg.key_type == jwk.pub.type && (alg.curve == Curve::None || alg.curve == jwk.pub.curve);
}

bool agrees(Curve curve) { return curve == Curve::P256 || curve == Curve::P384 || curve == Curve::P521 || curve == Curve::X25519; }

bool of_type(const Jwk& jwk, const crypto::KeyAlgInfo& alg) {
  switch (alg.mode) {
    case KeyMode::Oaep: return jwk.pub.type == KeyType::Rsa;
    case KeyMode::Agree:
    case KeyMode::AgreeWrap: return agrees(jwk.pub.curve);
    case KeyMode::Wrap:
    case KeyMode::GcmWrap: return jwk.pub.type == KeyType::Oct && jwk.priv->k.size() == alg.kek_size;
    case KeyMode::Direct:
    case KeyMode::Password: return jwk.pub.type == KeyType::Oct;
  }
  return false;
}

// A key for `dir` may name the content algorithm as its own (RFC 7520 §5.6.1).
bool says(const Jwk& jwk, const crypto::KeyAlgInfo& alg) {
  if (jwk.alg == alg.name) return true;
  const auto content = crypto::content_alg(jwk.alg);
  return alg.mode == KeyMode::Direct && content && crypto::info(*content).key_size == jwk.priv->k.size();
}

bool any_of(const std::vector<std::string>& held, std::initializer_list<std::string_view> wanted) {
  return std::any_of(held.begin(), held.end(), [&](const auto& op) { return std::find(wanted.begin(), wanted.end(), op) != wanted.end(); });
}

bool ops_allow(const std::vector<std::string>& ops, KeyMode mode, Direction direction) {
  if (ops.empty()) return true;
  const bool opens = direction == Direction::Decrypt;
  switch (mode) {
    case KeyMode::Agree:
    case KeyMode::AgreeWrap: return any_of(ops, {"deriveKey", "deriveBits"});
    case KeyMode::Password: return any_of(ops, {"deriveKey", "deriveBits", opens ? "unwrapKey" : "wrapKey"});
    case KeyMode::Direct: return any_of(ops, {opens ? "decrypt" : "encrypt"});
    default: return opens ? any_of(ops, {"unwrapKey", "decrypt"}) : any_of(ops, {"wrapKey", "encrypt"});
  }
}

// [RFC7517 §4.3] use and key_ops, where a key has both, say the same.
Status consistent_use(const Jwk& jwk) {
  const bool signs = any_of(jwk.key_ops, {"sign", "verify"});
  const bool hides = any_of(jwk.key_ops, {"encrypt", "decrypt", "wrapKey", "unwrapKey", "deriveKey", "deriveBits"});
  if ((jwk.use == "sig" && hides) || (jwk.use == "enc" && signs)) return weak("use and key_ops contradict each other");
  // [RFC7517 §4.3] one kind of use for a key
  if (signs && hides) return weak("key_ops names signatures and encryption for one key");
  return {};
}

// [RFC7517 §4.7] the first certificate is of this key, and x5t#S256 of that certificate
Status check_certificates(const Jwk& jwk) {
  if (jwk.x5c.empty()) return {};
  TRY(const auto certified, crypto::key_of_certificate(jwk.x5c.front()));
  const auto& a = certified;
  const auto& b = jwk.pub;
  if (a.type != b.type || a.curve != b.curve || a.x != b.x || a.y != b.y || a.n != b.n || a.e != b.e)
    return weak("the certificate is of another key");
  const auto hash = crypto::sha256(jwk.x5c.front());
  if (!jwk.x5t_s256.empty() && !std::equal(hash.begin(), hash.end(), jwk.x5t_s256.begin()))
    return weak("x5t#S256 is of another certificate");
  return {};
}

// The numbers themselves, whatever algorithm they serve.
Status sound(const Jwk& jwk) {
  switch (jwk.pub.type) {
    case KeyType::Rsa: {
      if (jwk.priv) {
        TRY_VOID(crypto::UnwrapKey::from_parts(jwk.pub, *jwk.priv));
      } else {
        TRY_VOID(crypto::WrapKey::from_public(jwk.pub));
      }
      return crypto::check_rsa_numbers(jwk.pub, jwk.priv ? &*jwk.priv : nullptr);
    }
    case KeyType::Okp:
    case KeyType::Ec: {
      if (jwk.pub.curve != Curve::X25519) return {};
      if (!jwk.priv) return crypto::check_agreement_public(jwk.pub);
      TRY_VOID(crypto::AgreeKey::from_parts(jwk.pub, *jwk.priv));
      return {};
    }
    case KeyType::Oct: return {};
  }
  return {};
}

}  // namespace

Status permits(const Jwk& jwk, crypto::SignAlg alg, Purpose purpose) {
  const auto& a = crypto::info(alg);
  if (!of_type(jwk, a)) return weak("the key is not of the algorithm's type");
  if (!jwk.alg.empty() && jwk.alg != a.name) return weak("the key is for another algorithm");
  if (!jwk.use.empty() && jwk.use != "sig") return weak("the key is not for signatures");
  const std::string_view wanted = purpose == Purpose::Sign ? "sign" : "verify";
  // A private key that may sign may check its own signatures.
  if (!jwk.key_ops.empty() && !any_of(jwk.key_ops, {wanted}) && !(jwk.is_private() && any_of(jwk.key_ops, {"sign"})))
    return weak("the key's key_ops do not allow this");
  return {};
}

Status permits(const Jwk& jwk, crypto::KeyAlg alg, Direction direction) {
  const auto& a = crypto::info(alg);
  if (!of_type(jwk, a)) return weak("the key is not of the algorithm's type and size");
  if (!jwk.alg.empty() && !says(jwk, a)) return weak("the key is for another algorithm");
  if (!jwk.use.empty() && jwk.use != "enc") return weak("the key is not for encryption");
  if (!ops_allow(jwk.key_ops, a.mode, direction)) return weak("the key's key_ops do not allow this");
  return {};
}

std::vector<crypto::SignAlg> possible_algs(const Jwk& jwk) {
  std::vector<crypto::SignAlg> algs;
  for (const auto& a : crypto::sign_algs()) {
    if (!of_type(jwk, a)) continue;
    if (a.key_type == KeyType::Oct && jwk.priv->k.size() < crypto::hash_size(a.hash)) continue;
    if (jwk.alg.empty() ? a.on_by_default : jwk.alg == a.name) algs.push_back(a.alg);
  }
  return algs;
}

std::vector<crypto::KeyAlg> possible_key_algs(const Jwk& jwk) {
  std::vector<crypto::KeyAlg> algs;
  for (const auto& a : crypto::key_algs())
    if (of_type(jwk, a) && (jwk.alg.empty() ? a.on_by_default : says(jwk, a))) algs.push_back(a.alg);
  return algs;
}

bool fits_signature(const Jwk& key, const Header& header) {
  const auto alg = crypto::sign_alg(header.alg);
  return alg && permits(key, *alg, Purpose::Verify).has_value();
}

bool fits_encryption(const Jwk& key, const Header& header) {
  const auto alg = crypto::key_alg(header.alg);
  return alg && permits(key, *alg, Direction::Decrypt).has_value();
}

Result<const Jwk*> choose(const JwkSet& set, const Header& header, Fits fits) {
  // [RFC7517 §4.5] one kid may name keys of different types: the alg tells which. A kid that nobody bears means nobody.
  const Jwk *named = nullptr, *fitting = nullptr;
  for (const auto& key : set.keys) {
    if (!header.kid.empty() && key.kid != header.kid && !(set.alone && key.kid.empty())) continue;
    named = &key;
    if (!fits(key, header)) continue;
    if (fitting != nullptr) return refuse(Refusal::UnknownKey, "more than one key could be meant");
    fitting = &key;
  }
  if (fitting != nullptr) return fitting;
  // What does not fit is given all the same where it was named: its owner tells why not.
  if (named != nullptr && (set.alone || !header.kid.empty())) return named;
  return refuse(Refusal::UnknownKey, "no key that the header could mean");
}

Result<crypto::VerifyKey> verify_key(const Jwk& jwk, crypto::SignAlg alg) {
  TRY_VOID(permits(jwk, alg, Purpose::Verify));
  if (jwk.pub.type == KeyType::Oct) return crypto::VerifyKey::from_secret(alg, jwk.priv->k);
  // The private half of a key that only has to verify is proven too: a broken pair is a broken key.
  if (jwk.is_private()) {
    TRY(const auto both, crypto::SignKey::from_parts(alg, jwk.pub, *jwk.priv));
    return both.verify_key();
  }
  return crypto::VerifyKey::from_public(alg, jwk.pub);
}

Result<crypto::SignKey> sign_key(const Jwk& jwk, crypto::SignAlg alg) {
  TRY_VOID(permits(jwk, alg, Purpose::Sign));
  if (!jwk.is_private()) return weak("signing needs the private key");
  return crypto::SignKey::from_parts(alg, jwk.pub, *jwk.priv);
}

Status check(const Jwk& jwk) {
  if (!jwk.alg.empty() && !crypto::sign_alg(jwk.alg) && !crypto::key_alg(jwk.alg) && !crypto::content_alg(jwk.alg))
    return refuse(Refusal::Unsupported, "the key is for an algorithm that is not known here");
  TRY_VOID(consistent_use(jwk));
  TRY_VOID(sound(jwk));
  bool useful = false;
  for (const auto alg : possible_algs(jwk)) {
    if (!permits(jwk, alg, Purpose::Verify) && !permits(jwk, alg, Purpose::Sign)) continue;
    if (jwk.pub.type == KeyType::Oct || !jwk.is_private()) {
      TRY_VOID(jwk.pub.type == KeyType::Oct ? crypto::VerifyKey::from_secret(alg, jwk.priv->k)
                                            : crypto::VerifyKey::from_public(alg, jwk.pub));
    } else {
      TRY_VOID(crypto::SignKey::from_parts(alg, jwk.pub, *jwk.priv));
    }
    useful = true;
  }
  for (const auto alg : possible_key_algs(jwk)) {
    if (!permits(jwk, alg, Direction::Encrypt) && !permits(jwk, alg, Direction::Decrypt)) continue;
    const bool curve = jwk.pub.type == KeyType::Ec || jwk.pub.type == KeyType::Okp;
    if (curve) TRY_VOID(crypto::check_agreement_public(jwk.pub));
    if (curve && jwk.priv) TRY_VOID(crypto::AgreeKey::from_parts(jwk.pub, *jwk.priv));
    // A shared secret shorter than any algorithm's is a password, not a key.
    useful = useful || jwk.pub.type != KeyType::Oct || jwk.priv->k.size() >= 16;
  }
  if (!useful) return weak("no algorithm takes this key");
  return check_certificates(jwk);
}

Status check(const Jwk& jwk, std::string_view alg) {
  TRY_VOID(check(jwk));
  if (const auto sign = crypto::sign_alg(alg)) {
    auto may = permits(jwk, *sign, Purpose::Verify);
    if (!may) may = permits(jwk, *sign, Purpose::Sign);
    TRY_VOID(may);
    // The length that this algorithm asks of a shared secret.
    if (jwk.pub.type == KeyType::Oct) TRY_VOID(crypto::VerifyKey::from_secret(*sign, jwk.priv->k));
    return {};
  }
  if (const auto key = crypto::key_alg(alg)) {
    const auto may = permits(jwk, *key, Direction::Decrypt);
    return may ? may : permits(jwk, *key, Direction::Encrypt);
  }
  if (const auto content = crypto::content_alg(alg)) {
    TRY_VOID(permits(jwk, crypto::KeyAlg::Dir, Direction::Decrypt));
    if (jwk.priv->k.size() != crypto::info(*content).key_size) return weak("the key is not of the algorithm's type and size");
    return {};
  }
  return refuse(Refusal::Unsupported, "an algorithm that is not known here");
}

}  // namespace jeton::jose
