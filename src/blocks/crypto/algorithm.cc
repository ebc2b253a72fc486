#include "blocks/crypto/algorithm.h"

#include <array>

namespace jeton::crypto {
namespace {

constexpr std::array<SignAlgInfo, 14> kAlgs = {{
    {SignAlg::EdDSA, "EdDSA", KeyType::Okp, Curve::Ed25519, HashAlg::Sha512, false, 64, true},
    {SignAlg::ES256, "ES256", KeyType::Ec, Curve::P256, HashAlg::Sha256, false, 64, true},
    {SignAlg::ES384, "ES384", KeyType::Ec, Curve::P384, HashAlg::Sha384, false, 96, true},
    {SignAlg::ES512, "ES512", KeyType::Ec, Curve::P521, HashAlg::Sha512, false, 132, true},
    {SignAlg::ES256K, "ES256K", KeyType::Ec, Curve::Secp256k1, HashAlg::Sha256, false, 64, false},
    {SignAlg::PS256, "PS256", KeyType::Rsa, Curve::None, HashAlg::Sha256, true, 0, true},
    {SignAlg::PS384, "PS384", KeyType::Rsa, Curve::None, HashAlg::Sha384, true, 0, true},
    {SignAlg::PS512, "PS512", KeyType::Rsa, Curve::None, HashAlg::Sha512, true, 0, true},
    {SignAlg::RS256, "RS256", KeyType::Rsa, Curve::None, HashAlg::Sha256, false, 0, true},
    {SignAlg::RS384, "RS384", KeyType::Rsa, Curve::None, HashAlg::Sha384, false, 0, true},
    {SignAlg::RS512, "RS512", KeyType::Rsa, Curve::None, HashAlg::Sha512, false, 0, true},
    {SignAlg::HS256, "HS256", KeyType::Oct, Curve::None, HashAlg::Sha256, false, 32, true},
    {SignAlg::HS384, "HS384", KeyType::Oct, Curve::None, HashAlg::Sha384, false, 48, true},
    {SignAlg::HS512, "HS512", KeyType::Oct, Curve::None, HashAlg::Sha512, false, 64, true},
}};

}  // namespace

std::span<const SignAlgInfo> sign_algs() { return kAlgs; }

const SignAlgInfo& info(SignAlg alg) { return kAlgs[static_cast<std::size_t>(alg)]; }

std::optional<SignAlg> sign_alg(std::string_view name) {
  for (const auto& a : kAlgs)
    if (a.name == name) return a.alg;
  return std::nullopt;
}

}  // namespace jeton::crypto
