#include "formats/webauthn/cose.h"

namespace jeton::webauthn {
namespace {

using crypto::Curve;
using crypto::KeyType;
using crypto::SignAlg;

constexpr CoseAlg kAlgs[] = {{-8, SignAlg::EdDSA}, {-7, SignAlg::ES256}, {-257, SignAlg::RS256}};

// Labels and numbers of RFC 9053 §7.
constexpr std::int64_t kKty = 1, kAlg = 3, kCrv = -1, kX = -2, kY = -3, kN = -1, kE = -2;
constexpr std::int64_t kOkp = 1, kEc2 = 2, kRsa = 3, kP256 = 1, kEd25519 = 6;

constexpr Failure kMalformed(Refusal::Malformed, "the authenticator's key is not well formed");

bool is(const cbor::Value& key, std::int64_t label, std::int64_t number) {
  const auto* v = key.find(label);
  return v != nullptr && v->kind == cbor::Kind::Integer && v->integer == number;
}

Result<Bytes> octets(const cbor::Value& key, std::int64_t label) {
  const auto* v = key.find(label);
  if (v == nullptr || v->kind != cbor::Kind::Octets) return std::unexpected(kMalformed);
  return v->octets;
}

Result<crypto::PublicParts> parts(const cbor::Value& key, SignAlg alg) {
  crypto::PublicParts p;
  if (alg == SignAlg::RS256) {
    if (!is(key, kKty, kRsa)) return std::unexpected(kMalformed);
    p.type = KeyType::Rsa;
    TRY(p.n, octets(key, kN));
    TRY(p.e, octets(key, kE));
    return p;
  }
  const bool ec = alg == SignAlg::ES256;
  if (!is(key, kKty, ec ? kEc2 : kOkp) || !is(key, kCrv, ec ? kP256 : kEd25519)) return std::unexpected(kMalformed);
  p.type = ec ? KeyType::Ec : KeyType::Okp;
  p.curve = ec ? Curve::P256 : Curve::Ed25519;
  TRY(p.x, octets(key, kX));
  if (ec) { TRY(p.y, octets(key, kY)); }
  return p;
}

}  // namespace

std::span<const CoseAlg> cose_algs() { return kAlgs; }

Result<crypto::VerifyKey> cose_key(const cbor::Value& key) {
  for (const auto& [number, alg] : kAlgs) {
    if (!is(key, kAlg, number)) continue;
    TRY(const auto pub, parts(key, alg));
    return crypto::VerifyKey::from_public(alg, pub);
  }
  return refuse(Refusal::Unsupported, "the authenticator's key is of an algorithm that was not offered");
}

}  // namespace jeton::webauthn
