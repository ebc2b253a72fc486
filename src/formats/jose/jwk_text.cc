// JWKs as text: what is written of a key, and what its thumbprint is made of.
#include <utility>

#include "blocks/crypto/hash.h"
#include "blocks/json/writer.h"
#include "formats/jose/jwk.h"
#include "ground/base64url.h"
#include "ground/secret_pass.h"

namespace jeton::jose {
namespace {

using crypto::Curve;
using crypto::KeyType;

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
    case KeyType::Okp: w.member("crv", curve_name(pub.curve)).member("kty", "OKP"); return member(w, "x", pub.x);
    case KeyType::Rsa:
      member(w, "e", pub.e);
      w.member("kty", "RSA");
      return member(w, "n", pub.n);
    case KeyType::Oct: member(w, "k", jwk.priv->k); w.member("kty", "oct");
  }
}

}  // namespace

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

std::string thumbprint_uri(const Jwk& jwk) { return "urn:ietf:params:oauth:jwk-thumbprint:sha-256:" + thumbprint(jwk); }

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

Result<std::string> to_json(const Jwk& jwk, Part part) {
  if (part == Part::Public && jwk.pub.type == KeyType::Oct) return refuse(Refusal::Unsupported, "a shared secret has no public half");
  if (part == Part::Private && !jwk.is_private()) return refuse(Refusal::Unsupported, "the key has no private half");
  std::string out;
  json::Writer w(out);
  w.object().member("kty", kty(jwk.pub.type));
  for (const auto& [name, text] : {std::pair{"kid", &jwk.kid}, {"use", &jwk.use}, {"alg", &jwk.alg}})
    if (!text->empty()) w.member(name, *text);
  if (!jwk.key_ops.empty() && part == Part::Private) w.strings("key_ops", jwk.key_ops);
  if (jwk.pub.curve != Curve::None) w.member("crv", curve_name(jwk.pub.curve));
  for (const auto& [name, octets] : {std::pair{"x", &jwk.pub.x}, {"y", &jwk.pub.y}, {"n", &jwk.pub.n}, {"e", &jwk.pub.e}})
    if (!octets->empty()) member(w, name, *octets);
  if (part == Part::Private) {
    const auto& p = *jwk.priv;
    for (const auto& [name, secret] :
         {std::pair{"k", &p.k}, {"d", &p.d}, {"p", &p.p}, {"q", &p.q}, {"dp", &p.dp}, {"dq", &p.dq}, {"qi", &p.qi}})
      if (!secret->empty()) member(w, name, *secret);
  }
  w.end_object();
  return out;
}

std::string to_json(const crypto::SignKey& key, std::string_view kid, Part part) {
  return to_json(to_jwk(key, kid), part).value_or(std::string());
}

}  // namespace jeton::jose
