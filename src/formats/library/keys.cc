#include "jeton/keys.h"

#include "blocks/crypto/pem/encoded.h"
#include "formats/jose/jws.h"
#include "formats/library/bodies.h"

namespace libjeton {

using jeton::Refusal;

Reason reason_of(const jeton::Failure& failure) {
  if (failure.is_fault()) return Reason::Fault;
  switch (failure.refusal()) {
    case Refusal::Malformed: return Reason::Malformed;
    case Refusal::TooLarge: return Reason::TooLarge;
    case Refusal::Unsupported: return Reason::Unsupported;
    case Refusal::WeakKey: return Reason::WeakKey;
    case Refusal::BadSignature: return Reason::BadSignature;
    case Refusal::UnknownKey: return Reason::UnknownKey;
    case Refusal::Expired: return Reason::Expired;
    case Refusal::NotYetValid: return Reason::NotYetValid;
    case Refusal::WrongIssuer: return Reason::WrongIssuer;
    case Refusal::WrongAudience: return Reason::WrongAudience;
    case Refusal::WrongType: return Reason::WrongType;
    default: return Reason::Refused;
  }
}

std::string_view name(Reason reason) {
  switch (reason) {
    case Reason::Malformed: return "malformed";
    case Reason::TooLarge: return "too_large";
    case Reason::Unsupported: return "unsupported";
    case Reason::WeakKey: return "weak_key";
    case Reason::BadSignature: return "bad_signature";
    case Reason::UnknownKey: return "unknown_key";
    case Reason::Expired: return "expired";
    case Reason::NotYetValid: return "not_yet_valid";
    case Reason::WrongIssuer: return "wrong_issuer";
    case Reason::WrongAudience: return "wrong_audience";
    case Reason::WrongType: return "wrong_type";
    case Reason::Refused: return "refused";
    case Reason::Fault: return "fault";
  }
  return "fault";
}

Answer<Keys> Keys::parse(std::string_view text) {
  auto body = std::make_shared<Body>();
  if (jeton::jose::is_json(text)) {
    auto set = jeton::jose::parse_jwk_set(text);
    if (!set) return no(set.error());
    body->set = *std::move(set);
    return Keys(std::move(body));
  }
  auto parts = jeton::crypto::decode_key(jeton::as_bytes(text));
  if (!parts) return no(parts.error());
  jeton::jose::Jwk key;
  key.pub = std::move(parts->pub);
  key.priv = std::move(parts->priv);
  body->set.keys.push_back(std::move(key));
  body->set.alone = true;
  return Keys(std::move(body));
}

std::size_t Keys::size() const { return body_->set.size(); }

Answer<void> Keys::check() const {
  for (const auto& key : body_->set.keys)
    if (const auto sound = jeton::jose::check(key); !sound) return no(sound.error());
  return {};
}

Answer<std::string> Keys::thumbprint() const {
  if (size() != 1) return std::unexpected(Reason::Malformed);
  return jeton::jose::thumbprint(body_->set.keys.front());
}

}  // namespace libjeton
