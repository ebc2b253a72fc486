#include "formats/jose/jwk.h"

#include <algorithm>
#include <array>

#include "blocks/json/value.h"
#include "ground/base64url.h"

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

// Standard base64 with padding (RFC 4648 §4): one spelling, by way of the other alphabet.
std::optional<Bytes> from_base64(std::string_view text) {
  if (text.size() % 4 != 0 || text.find_first_of("-_") != std::string_view::npos) return std::nullopt;
  std::string url(text.substr(0, text.find_last_not_of('=') + 1));
  if (text.size() - url.size() > 2) return std::nullopt;
  for (auto& c : url) c = c == '+' ? '-' : c == '/' ? '_' : c;
  return base64url::decode(url);
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
  for (const auto& [name, member] :
       {std::pair{"d", &priv.d}, {"p", &priv.p}, {"q", &priv.q}, {"dp", &priv.dp}, {"dq", &priv.dq}, {"qi", &priv.qi}}) {
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

// [RFC7517 §4.7] certificates in standard base64, not base64url
Status read_certificates(const json::Value& json, Jwk& jwk) {
  TRY(auto print, octets(json, "x5t#S256"));
  if (print) jwk.x5t_s256 = *std::move(print);
  if (print && jwk.x5t_s256.size() != 32) return bad("x5t#S256 is a SHA-256 hash");
  const auto* chain = json.find("x5c");
  if (chain == nullptr) return {};
  if (chain->array() == nullptr || chain->array()->empty() || chain->array()->size() > 16) return bad("x5c is a list of certificates");
  for (const auto& entry : *chain->array()) {
    const auto text = entry.string();
    auto der = text ? from_base64(*text) : std::nullopt;
    if (!der || der->empty()) return bad("x5c holds certificates in base64");
    jwk.x5c.push_back(*std::move(der));
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
  TRY_VOID(read_certificates(json, jwk));
  return jwk;
}

}  // namespace

std::string_view curve_name(Curve curve) {
  for (const auto& c : kCurves)
    if (c.curve == curve) return c.name;
  return "";
}

std::optional<Curve> curve_named(std::string_view name) {
  for (const auto& c : kCurves)
    if (c.name == name) return c.curve;
  return std::nullopt;
}

Result<Jwk> parse_jwk(std::string_view text) {
  TRY(const auto json, json::parse(text, kLimits));
  return from_value(json);
}

Result<JwkSet> parse_jwk_set(std::string_view text) {
  TRY(const auto json, json::parse(text, kLimits));
  JwkSet set;
  const auto* list = json.find("keys");
  if (list == nullptr) {
    TRY(auto one, from_value(json));
    set.keys.push_back(std::move(one));
    set.alone = true;
    return set;
  }
  if (list->array() == nullptr) return bad("keys is a list of JWKs");
  if (list->array()->size() > kMostKeys) return refuse(Refusal::TooLarge, "too many keys in the set");
  for (const auto& entry : *list->array()) {
    auto key = from_value(entry);
    if (!key && key.error().is(Refusal::Unsupported)) {
      ++set.left_out;
      continue;
    }
    if (!key) return std::unexpected(key.error());
    for (const auto& other : set.keys)
      if (!key->kid.empty() && other.kid == key->kid && other.pub.type == key->pub.type) return bad("two keys of the set have one kid");
    set.keys.push_back(*std::move(key));
  }
  return set;
}

}  // namespace jeton::jose
