#include "formats/jose/jwe_keys.h"

#include "blocks/crypto/envelope/wrap.h"
#include "blocks/crypto/random.h"
#include "blocks/json/writer.h"
#include "ground/base64url.h"
#include "ground/secret_pass.h"

namespace jeton::jose {
namespace {

using crypto::ContentAlg;
using crypto::KeyAlg;
using crypto::KeyMode;

constexpr std::uint32_t kRounds = 310'000;   // of passwords here: what a reader of today takes, and a guess costs
constexpr std::size_t kSalt = 16;
constexpr auto bad(std::string_view what) { return refuse(Refusal::Malformed, what); }

Result<Bytes> octets(std::string_view text, std::string_view what) {
  auto bytes = text.data() == nullptr ? std::nullopt : base64url::decode(text);
  if (!bytes) return bad(what);
  return *std::move(bytes);
}

// apu and apv may be absent.
Result<Bytes> party(std::string_view text) {
  if (text.data() == nullptr) return Bytes();
  return octets(text, "apu and apv are base64url without padding");
}

// [RFC7518 §4.3] one hash for both, and no label
crypto::Oaep oaep(KeyAlg alg) {
  const auto hash = alg == KeyAlg::RsaOaep ? crypto::OaepHash::Sha1 : crypto::OaepHash::Sha256;
  return {.digest = hash, .mask = hash, .label = {}};
}

crypto::HashAlg password_hash(KeyAlg alg) {
  return alg == KeyAlg::Pbes2Hs256A128Kw   ? crypto::HashAlg::Sha256
         : alg == KeyAlg::Pbes2Hs384A192Kw ? crypto::HashAlg::Sha384
                                           : crypto::HashAlg::Sha512;
}

// [RFC7518 §4.8.1.1] the algorithm's name, a zero, and p2s
Bytes salt_of(KeyAlg alg, ByteView p2s) {
  const auto name = as_bytes(crypto::info(alg).name);
  Bytes salt(name.begin(), name.end());
  salt.push_back(0);
  salt.insert(salt.end(), p2s.begin(), p2s.end());
  return salt;
}

Result<Secret> random_secret(std::size_t size, Entropy& entropy) {
  Secret secret(size);
  TRY_VOID(entropy.fill(secret.write(Pass::key())));
  return secret;
}

// [RFC7516 §11.5] the random key is drawn in any case, and taken where the other one is not to be had.
Result<Secret> or_random(Result<crypto::Candidate> candidate, std::size_t size) {
  crypto::SystemEntropy entropy;
  TRY(auto random, random_secret(size, entropy));
  TRY(const auto one, std::move(candidate));
  // Lengths are no secret.
  return one.key.size() == size ? crypto::chosen(one, random) : std::move(random);
}

// Who sent it: the ephemeral key, the key that came of it (RFC 7518 §4.6.2).
Result<Secret> agreed_key(const DecryptKey::Body& key, const Header& header, std::string_view algorithm, std::size_t size) {
  if (header.epk.empty()) return bad("the header has no epk");
  TRY(const auto peer, parse_jwk(header.epk));
  if (peer.is_private()) return bad("epk is a public key");
  TRY(const auto shared, key.curve->agree(peer.pub));
  TRY(const auto apu, party(header.apu));
  TRY(const auto apv, party(header.apv));
  return crypto::concat_kdf(shared, algorithm, apu, apv, size);
}

Result<Secret> password_key(const DecryptKey::Body& key, const Header& header) {
  TRY(const auto p2s, octets(header.p2s, "the header has no p2s"));
  // [RFC7518 §4.8.1.1]
  if (p2s.size() < 8 || p2s.size() > 1024) return bad("p2s has 8 octets at least");
  if (!header.p2c || *header.p2c < kLeastRounds || *header.p2c > kMostRounds) return refuse(Refusal::TooLarge, "p2c is out of bounds");
  return crypto::pbkdf2(password_hash(key.alg), key.secret, salt_of(key.alg, p2s), static_cast<std::uint32_t>(*header.p2c),
                        crypto::info(key.alg).kek_size);
}

Result<crypto::Candidate> unwrap_gcm(const Secret& kek, const Header& header, ByteView wrapped) {
  TRY(const auto iv, octets(header.iv, "the header has no iv"));
  TRY(const auto tag, octets(header.tag, "the header has no tag"));
  if (iv.size() != 12 || tag.size() != 16) return bad("iv has 12 octets and tag 16");
  return crypto::try_open_gcm(kek, iv, {}, wrapped, tag);
}

Secret clone_secret(const Jwk& jwk) { return jwk.pub.type == crypto::KeyType::Oct ? jwk.priv->k.clone() : Secret(); }

}  // namespace

Result<DecryptKey> DecryptKey::of(const Jwk& jwk, KeyAlg alg) {
  TRY_VOID(permits(jwk, alg, Direction::Decrypt));
  if (!jwk.is_private()) return refuse(Refusal::WeakKey, "decrypting needs the private key");
  auto body = std::make_shared<Body>(Body{alg, crypto::content_alg(jwk.alg), clone_secret(jwk), {}, {}});
  if (crypto::info(alg).mode == KeyMode::Oaep) { TRY(body->rsa, crypto::UnwrapKey::from_parts(jwk.pub, *jwk.priv)); }
  if (jwk.pub.curve != crypto::Curve::None) { TRY(body->curve, crypto::AgreeKey::from_parts(jwk.pub, *jwk.priv)); }
  return DecryptKey(std::move(body));
}

KeyAlg DecryptKey::alg() const { return body_->alg; }

Result<EncryptKey> EncryptKey::of(const Jwk& jwk, KeyAlg alg) {
  TRY_VOID(permits(jwk, alg, Direction::Encrypt));
  auto body = std::make_shared<Body>(Body{alg, crypto::content_alg(jwk.alg), clone_secret(jwk), {}, jwk.pub});
  if (crypto::info(alg).mode == KeyMode::Oaep) { TRY(body->rsa, crypto::WrapKey::from_public(jwk.pub)); }
  if (jwk.pub.curve != crypto::Curve::None) TRY_VOID(crypto::check_agreement_public(jwk.pub));
  return EncryptKey(std::move(body));
}

KeyAlg EncryptKey::alg() const { return body_->alg; }

Result<Secret> recover_key(const DecryptKey::Body& key, const Header& header, ByteView encrypted_key, ContentAlg enc) {
  const auto& alg = crypto::info(key.alg);
  const std::size_t size = crypto::info(enc).key_size;
  const bool none = alg.mode == KeyMode::Direct || alg.mode == KeyMode::Agree;
  // [RFC7516 §5.2] step 10
  if (none != encrypted_key.empty()) return bad(none ? "an encrypted key where none belongs" : "the encrypted key is missing");
  switch (alg.mode) {
    case KeyMode::Direct:
      if (key.content && *key.content != enc) return refuse(Refusal::Unsupported, "the header's enc is not the key's");
      if (key.secret.size() != size) return refuse(Refusal::WeakKey, "the key is not as long as enc wants it");
      return key.secret.clone();
    case KeyMode::Wrap: return or_random(crypto::try_unwrap_key(key.secret, encrypted_key, size), size);
    case KeyMode::GcmWrap: {
      TRY(auto unwrapped, unwrap_gcm(key.secret, header, encrypted_key));
      return or_random(std::move(unwrapped), size);
    }
    case KeyMode::Oaep: return key.rsa->unwrap(oaep(key.alg), encrypted_key, size);
    case KeyMode::Agree: return agreed_key(key, header, crypto::info(enc).name, size);
    case KeyMode::AgreeWrap: {
      TRY(const auto kek, agreed_key(key, header, alg.name, alg.kek_size));
      return or_random(crypto::try_unwrap_key(kek, encrypted_key, size), size);
    }
    case KeyMode::Password: {
      TRY(const auto kek, password_key(key, header));
      return or_random(crypto::try_unwrap_key(kek, encrypted_key, size), size);
    }
  }
  return fault(Fault::Crypto);
}

namespace {

// The ephemeral key's public half as it stands in a header.
std::string epk_member(const crypto::PublicParts& pub) {
  std::string out = ",\"epk\":";
  json::Writer w(out);
  w.object().member("kty", pub.curve == crypto::Curve::X25519 ? "OKP" : "EC").member("crv", curve_name(pub.curve));
  w.member("x", base64url::encode(pub.x));
  if (!pub.y.empty()) w.member("y", base64url::encode(pub.y));
  w.end_object();
  return out;
}

Result<Secret> agree_anew(const EncryptKey::Body& key, std::string_view algorithm, std::size_t size, std::string& members) {
  TRY(const auto ephemeral, crypto::AgreeKey::generate(key.curve.curve));
  TRY(const auto shared, ephemeral.agree(key.curve));
  members = epk_member(ephemeral.public_parts());
  return crypto::concat_kdf(shared, algorithm, {}, {}, size);
}

Result<Secret> password_anew(const EncryptKey::Body& key, std::string& members, Entropy& entropy) {
  Bytes p2s(kSalt);
  TRY_VOID(entropy.fill(p2s));
  members = ",\"p2s\":\"" + base64url::encode(p2s) + "\",\"p2c\":" + std::to_string(kRounds);
  return crypto::pbkdf2(password_hash(key.alg), key.secret, salt_of(key.alg, p2s), kRounds, crypto::info(key.alg).kek_size);
}

Status wrap_with_gcm(const Secret& kek, ProtectedKey& out, Entropy& entropy) {
  Bytes iv(12);
  TRY_VOID(entropy.fill(iv));
  TRY(auto sealed, crypto::seal_gcm(kek, iv, {}, out.key.read(Pass::key())));
  out.encrypted = std::move(sealed.ciphertext);
  out.members = ",\"iv\":\"" + base64url::encode(iv) + "\",\"tag\":\"" + base64url::encode(sealed.tag) + "\"";
  return {};
}

}  // namespace

Result<ProtectedKey> protect_key(const EncryptKey::Body& key, ContentAlg enc, Entropy& entropy) {
  const auto& alg = crypto::info(key.alg);
  const std::size_t size = crypto::info(enc).key_size;
  ProtectedKey out;
  if (alg.mode == KeyMode::Direct) {
    if (key.secret.size() != size || (key.content && *key.content != enc))
      return refuse(Refusal::WeakKey, "the key is not as long as enc wants it");
    out.key = key.secret.clone();
    return out;
  }
  if (alg.mode == KeyMode::Agree) {
    TRY(out.key, agree_anew(key, crypto::info(enc).name, size, out.members));
    return out;
  }
  TRY(out.key, random_secret(size, entropy));
  Secret kek;
  switch (alg.mode) {
    case KeyMode::Oaep: {
      TRY(out.encrypted, key.rsa->wrap(oaep(key.alg), out.key));
      return out;
    }
    case KeyMode::GcmWrap: {
      TRY_VOID(wrap_with_gcm(key.secret, out, entropy));
      return out;
    }
    case KeyMode::AgreeWrap: {
      TRY(kek, agree_anew(key, alg.name, alg.kek_size, out.members));
      break;
    }
    case KeyMode::Password: {
      TRY(kek, password_anew(key, out.members, entropy));
      break;
    }
    default: kek = key.secret.clone();
  }
  TRY(out.encrypted, crypto::wrap_key(kek, out.key));
  return out;
}

}  // namespace jeton::jose
