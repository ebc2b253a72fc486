#include "formats/jose/jwk.h"

#include <algorithm>
#include <array>

#include "blocks/crypto/hash.h"
#include "blocks/json/value.h"
#include "blocks/json/writer.h"
#include "ground/base64url.h"
#include "ground/secret_pass.h"

namespace jeton::jose {
namespace {

using crypto::Curve;
using crypto::KeyType;
constexpr json::Limits kLimits{.size = 256 * 1024, .depth = 16, .members = 256};
constexpr std::size_t kMostKeys = 256;

struct CurveName {
  Curve curve;
  std::string_view name;
  KeyType type;
  std::size_t size;
};
constexpr std::array<CurveName, 6> kCurves = {{{Curve::P256, "P-256", KeyType::Ec, 32},
                                               {Curve::P384, "P-384", KeyType::Ec, 48},
                                               {Curve::P521, "P-521", KeyType::Ec, 66},
                                               {Curve::Secp256k1, "secp256k1", KeyType::Ec, 32},
                                               {Curve::Ed25519, "Ed25519", KeyType::Okp, 32},
                                               {Curve::X25519, "X25519", KeyType::Okp, 32}}};

constexpr auto bad(std::string_view what) { return refuse(Refusal::Malformed, what); }

// A member's octets, or nothing where it is absent.
Result<std::optional<Bytes>> octets(const json::Value& jwk, std::string_view name) {
  const auto* member = jwk.find(name);
  if (member == nullptr) return std::nullopt;
  const auto text = member->string();
  auto bytes = text ? base64url::decode(*text) : std::nullopt;
  if (!bytes) return bad("a key member is base64url without padding");
  return bytes;
}

Result<Bytes> needed(const json::Value& jwk, std::string_view name) {
  TRY(auto bytes, octets(jwk, name));
  if (!bytes || bytes->empty()) return bad("a required key member is missing");
  return *std::move(bytes);
}

Result<Secret> needed_secret(const json::Value& jwk, std::string_view name) {
  TRY(auto bytes, needed(jwk, name));
  return Secret(std::move(bytes));
}

Result<const CurveName*> curve_of(const json::Value& jwk, KeyType type) {
  const auto name = jwk.string_at("crv");
  if (!name) return bad("a required key member is missing");
  for (const auto& c : kCurves)
    if (c.name == *name && c.type == type) return &c;
  return refuse(Refusal::Unsupported, "a curve that is not known here");
}

Status read_okp(const json::Value& json, Jwk& jwk) {
  TRY(const auto* curve, curve_of(json, KeyType::Okp));
  jwk.pub.type = KeyType::Okp;
  jwk.pub.curve = curve->curve;
  TRY(jwk.pub.x, needed(json, "x"));
  if (jwk.pub.x.size() != curve->size) return bad("x has the wrong length");
  if (json.find("d") == nullptr) return {};
  crypto::PrivateParts priv;
  TRY(priv.d, needed_secret(json, "d"));
  if (priv.d.size() != curve->size) return bad("d has the wrong length");
  jwk.priv = std::move(priv);
  return {};
}

Status read_ec(const json::Value& json, Jwk& jwk) {
  TRY(const auto* curve, curve_of(json, KeyType::Ec));
  jwk.pub.type = KeyType::Ec;
  jwk.pub.curve = curve->curve;
  TRY(jwk.pub.x, needed(json, "x"));
  TRY(jwk.pub.y, needed(json, "y"));
  // [RFC7518 §6.2.1.2] the full length of a coordinate, leading zeros and all
  if (jwk.pub.x.size() != curve->size || jwk.pub.y.size() != curve->size) return bad("x or y has the wrong length");
  if (json.find("d") == nullptr) return {};
  crypto::PrivateParts priv;
  TRY(priv.d, needed_secret(json, "d"));
  if (priv.d.size() != curve->size) return bad("d has the wrong length");
  jwk.priv = std::move(priv);
  return {};
}

Status read_rsa(const json::Value& json, Jwk& jwk) {
  jwk.pub.type = KeyType::Rsa;
  TRY(jwk.pub.n, needed(json, "n"));
  TRY(jwk.pub.e, needed(json, "e"));
  // [RFC7518 §6.3.1] as few octets as the number needs
  if (jwk.pub.n[0] == 0 || jwk.pub.e[0] == 0) return bad("n or e has a leading zero");
  if (json.find("d") == nullptr) return {};
  if (json.find("oth") != nullptr) return refuse(Refusal::Unsupported, "RSA keys of more than two primes are not taken");
  crypto::PrivateParts priv;
  for (const auto& [name, member] : {std::pair{"d", &priv.d}, {"p", &priv.p}, {"q", &priv.q}, {"dp", &priv.dp},
                                     {"dq", &priv.dq}, {"qi", &priv.qi}}) {
    TRY(*member, needed_secret(json, name));
  }
  jwk.priv = std::move(priv);
  return {};
}

Status read_oct(const json::Value& json, Jwk& jwk) {
  jwk.pub.type = KeyType::Oct;
  crypto::PrivateParts priv;
  TRY(priv.k, needed_secret(json, "k"));
  jwk.priv = std::move(priv);
  return {};
}

Result<std::string> text_member(const json::Value& json, std::string_view name) {
  const auto* member = json.find(name);
  if (member == nullptr) return std::string();
  const auto text = member->string();
  if (!text || text->empty()) return bad("a key member that is text is not");
  return std::string(*text);
}

Status read_usage(const json::Value& json, Jwk& jwk) {
  TRY(jwk.kid, text_member(json, "kid"));
  TRY(jwk.use, text_member(json, "use"));
  TRY(jwk.alg, text_member(json, "alg"));
  const auto* ops = json.find("key_ops");
  if (ops == nullptr) return {};
  if (ops->array() == nullptr) return bad("key_ops is a list of text");
  for (const auto& op : *ops->array()) {
    const auto text = op.string();
    if (!text || std::find(jwk.key_ops.begin(), jwk.key_ops.end(), *text) != jwk.key_ops.end())
      return bad("key_ops is a list of text, none of it twice");
    jwk.key_ops.emplace_back(*text);
  }
  return {};
}

Result<Jwk> from_value(const json::Value& json) {
  if (json.object() == nullptr) return bad("a JWK is a JSON object");
  const auto kty = json.string_at("kty");
  if (!kty) return bad("a JWK has a kty");
  Jwk jwk;
  TRY_VOID(read_usage(json, jwk));
  const Status read = *kty == "OKP"   ? read_okp(json, jwk)
                      : *kty == "EC"  ? read_ec(json, jwk)
                      : *kty == "RSA" ? read_rsa(json, jwk)
                      : *kty == "oct" ? read_oct(json, jwk)
                                      : Status(refuse(Refusal::Unsupported, "a key type that is not known here"));
  TRY_VOID(read);
  return jwk;
}

std::string_view kty(KeyType type) {
  switch (type) {
    case KeyType::Okp: return "OKP";
    case KeyType::Ec: return "EC";
    case KeyType::Rsa: return "RSA";
    case KeyType::Oct: return "oct";
  }
  return "";
}

void member(json::Writer& w, std::string_view name, ByteView octets) { w.member(name, base64url::encode(octets)); }
void member(json::Writer& w, std::string_view name, const Secret& s) { member(w, name, s.read(Pass::key())); }

// The required members in lexicographic order, as RFC 7638 §3.2 and RFC 8037 §2 list them.
void required_members(json::Writer& w, const Jwk& jwk) {
  const auto& pub = jwk.pub;
  switch (pub.type) {
    case KeyType::Ec:
      w.member("crv", curve_name(pub.curve)).member("kty", "EC");
      member(w, "x", pub.x);
      return member(w, "y", pub.y);
    case KeyType::Okp:
      w.member("crv", curve_name(pub.curve)).member("kty", "OKP");
      return member(w, "x", pub.x);
    case KeyType::Rsa:
      member(w, "e", pub.e);
      w.member("kty", "RSA");
      return member(w, "n", pub.n);
    case KeyType::Oct:
      member(w, "k", jwk.priv->k);
      w.member("kty", "oct");
  }
}

bool fits(const Jwk& jwk, const crypto::SignAlgInfo& alg) {
  return alg.key_type == jwk.pub.type && (alg.curve == Curve::None || alg.curve == jwk.pub.curve);
}

}  // namespace

std::string_view curve_name(Curve curve) {
  for (const auto& c : kCurves)
    if (c.curve == curve) return c.name;
  return "";
}

Result<Jwk> parse_jwk(std::string_view text) {
  TRY(const auto json, json::parse(text, kLimits));
  return from_value(json);
}

Result<std::vector<Jwk>> parse_jwk_set(std::string_view text) {
  TRY(const auto json, json::parse(text, kLimits));
  std::vector<Jwk> keys;
  const auto* list = json.find("keys");
  if (list == nullptr) {
    TRY(auto one, from_value(json));
    keys.push_back(std::move(one));
    return keys;
  }
  if (list->array() == nullptr) return bad("keys is a list of JWKs");
  if (list->array()->size() > kMostKeys) return refuse(Refusal::TooLarge, "too many keys in the set");
  for (const auto& entry : *list->array()) {
    auto key = from_value(entry);
    if (!key && key.error().is(Refusal::Unsupported)) continue;
    if (!key) return std::unexpected(key.error());
    for (const auto& other : keys)
      if (!key->kid.empty() && other.kid == key->kid && other.pub.type == key->pub.type)
        return bad("two keys of the set have one kid");
    keys.push_back(*std::move(key));
  }
  return keys;
}

Status permits(const Jwk& jwk, crypto::SignAlg alg, Purpose purpose) {
  const auto& a = crypto::info(alg);
  if (!fits(jwk, a)) return refuse(Refusal::WeakKey, "the key is not of the algorithm's type");
  if (!jwk.alg.empty() && jwk.alg != a.name) return refuse(Refusal::WeakKey, "the key is for another algorithm");
  if (!jwk.use.empty() && jwk.use != "sig") return refuse(Refusal::WeakKey, "the key is not for signatures");
  const std::string_view wanted = purpose == Purpose::Sign ? "sign" : "verify";
  const auto& ops = jwk.key_ops;
  // A private key that may sign may check its own signatures.
  const bool allowed = ops.empty() || std::find(ops.begin(), ops.end(), wanted) != ops.end() ||
                       (jwk.is_private() && std::find(ops.begin(), ops.end(), "sign") != ops.end());
  if (!allowed) return refuse(Refusal::WeakKey, "the key's key_ops do not allow this");
  return {};
}

std::vector<crypto::SignAlg> possible_algs(const Jwk& jwk) {
  std::vector<crypto::SignAlg> algs;
  for (const auto& a : crypto::sign_algs()) {
    if (!fits(jwk, a)) continue;
    if (a.key_type == KeyType::Oct && jwk.priv->k.size() < crypto::hash_size(a.hash)) continue;
    if (jwk.alg.empty() ? a.on_by_default : jwk.alg == a.name) algs.push_back(a.alg);
  }
  return algs;
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
  if (!jwk.is_private()) return refuse(Refusal::WeakKey, "signing needs the private key");
  return crypto::SignKey::from_parts(alg, jwk.pub, *jwk.priv);
}

Status check(const Jwk& jwk) {
  if (!jwk.alg.empty() && !crypto::sign_alg(jwk.alg)) return refuse(Refusal::Unsupported, "the key is for an algorithm that is not known here");
  const auto algs = possible_algs(jwk);
  if (algs.empty()) return refuse(Refusal::WeakKey, "no algorithm takes this key");
  for (const auto alg : algs) {
    auto key = verify_key(jwk, alg);
    if (!key) return std::unexpected(key.error());
  }
  return {};
}

std::string thumbprint(const Jwk& jwk) {
  std::string text;
  json::Writer w(text);
  w.object();
  required_members(w, jwk);
  w.end_object();
  const auto digest = crypto::sha256(as_bytes(text));
  wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
  return base64url::encode(digest);
}

Jwk to_jwk(const crypto::SignKey& key, std::string_view kid) {
  Jwk jwk;
  jwk.kid = kid;
  jwk.use = "sig";
  jwk.alg = crypto::info(key.alg()).name;
  jwk.pub = key.public_parts();
  jwk.pub.type = crypto::info(key.alg()).key_type;
  jwk.priv = key.private_parts();
  return jwk;
}

std::string to_json(const crypto::SignKey& key, std::string_view kid, Part part) {
  const Jwk jwk = to_jwk(key, kid);
  std::string out;
  json::Writer w(out);
  w.object().member("kty", kty(jwk.pub.type));
  if (!kid.empty()) w.member("kid", kid);
  w.member("use", "sig").member("alg", jwk.alg);
  if (jwk.pub.curve != Curve::None) w.member("crv", curve_name(jwk.pub.curve));
  for (const auto& [name, octets] : {std::pair{"x", &jwk.pub.x}, {"y", &jwk.pub.y}, {"n", &jwk.pub.n}, {"e", &jwk.pub.e}})
    if (!octets->empty()) member(w, name, *octets);
  if (part == Part::Private) {
    const auto& p = *jwk.priv;
    for (const auto& [name, secret] : {std::pair{"k", &p.k}, {"d", &p.d}, {"p", &p.p}, {"q", &p.q}, {"dp", &p.dp},
                                       {"dq", &p.dq}, {"qi", &p.qi}})
      if (!secret->empty()) member(w, name, *secret);
  }
  w.end_object();
  return out;
}

}  // namespace jeton::jose
