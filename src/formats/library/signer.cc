#include "jeton/signer.h"

#include "blocks/json/value.h"
#include "blocks/json/writer.h"
#include "formats/jose/jws.h"
#include "formats/library/bodies.h"

namespace libjeton {

namespace jose = jeton::jose;
namespace crypto = jeton::crypto;

struct Signer::Body {
  crypto::SignKey key;
  std::string kid;
};

Answer<Signer> Signer::make(const Keys& keys, std::string_view algorithm) {
  if (keys.size() != 1) return std::unexpected(Reason::Malformed);
  const auto& jwk = keys.body_->set.keys.front();
  const auto alg = crypto::sign_alg(algorithm.empty() ? std::string_view(jwk.alg) : algorithm);
  if (!alg) return std::unexpected(Reason::Unsupported);
  auto key = jose::sign_key(jwk, *alg);
  if (!key) return no(key.error());
  return Signer(std::make_shared<const Body>(Body{*std::move(key), jwk.kid}));
}

Answer<std::string> Signer::sign(std::string_view claims_json, std::string_view typ) const {
  const auto claims = jeton::json::parse(claims_json);
  if (!claims) return no(claims.error());
  if (claims->object() == nullptr) return std::unexpected(Reason::Malformed);
  std::string header;
  jeton::json::Writer w(header);
  w.object().member("typ", typ);
  if (!body_->kid.empty()) w.member("kid", body_->kid);
  w.end_object();
  auto token = jose::sign_compact(std::string_view(header).substr(1, header.size() - 2), jeton::as_bytes(claims_json), body_->key);
  if (!token) return no(token.error());
  return *std::move(token);
}

Answer<std::string> Signer::public_jwk() const {
  auto text = jose::to_json(jose::to_jwk(body_->key, body_->kid), jose::Part::Public);
  if (!text) return no(text.error());
  return *std::move(text);
}

}  // namespace libjeton
