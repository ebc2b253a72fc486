#include "blocks/crypto/envelope/algorithm.h"

#include <array>

namespace jeton::crypto {
namespace {

constexpr std::array<ContentAlgInfo, 6> kContent = {{
    {ContentAlg::A128CbcHs256, "A128CBC-HS256", 32, 16, 16},
    {ContentAlg::A192CbcHs384, "A192CBC-HS384", 48, 16, 24},
    {ContentAlg::A256CbcHs512, "A256CBC-HS512", 64, 16, 32},
    {ContentAlg::A128Gcm, "A128GCM", 16, 12, 16},
    {ContentAlg::A192Gcm, "A192GCM", 24, 12, 16},
    {ContentAlg::A256Gcm, "A256GCM", 32, 12, 16},
}};

constexpr std::array<KeyAlgInfo, 16> kKeys = {{
    {KeyAlg::Dir, "dir", KeyMode::Direct, 0, true},
    {KeyAlg::A128Kw, "A128KW", KeyMode::Wrap, 16, true},
    {KeyAlg::A192Kw, "A192KW", KeyMode::Wrap, 24, true},
    {KeyAlg::A256Kw, "A256KW", KeyMode::Wrap, 32, true},
    {KeyAlg::A128GcmKw, "A128GCMKW", KeyMode::GcmWrap, 16, true},
    {KeyAlg::A192GcmKw, "A192GCMKW", KeyMode::GcmWrap, 24, true},
    {KeyAlg::A256GcmKw, "A256GCMKW", KeyMode::GcmWrap, 32, true},
    {KeyAlg::RsaOaep, "RSA-OAEP", KeyMode::Oaep, 0, true},
    {KeyAlg::RsaOaep256, "RSA-OAEP-256", KeyMode::Oaep, 0, true},
    {KeyAlg::EcdhEs, "ECDH-ES", KeyMode::Agree, 0, true},
    {KeyAlg::EcdhEsA128Kw, "ECDH-ES+A128KW", KeyMode::AgreeWrap, 16, true},
    {KeyAlg::EcdhEsA192Kw, "ECDH-ES+A192KW", KeyMode::AgreeWrap, 24, true},
    {KeyAlg::EcdhEsA256Kw, "ECDH-ES+A256KW", KeyMode::AgreeWrap, 32, true},
    {KeyAlg::Pbes2Hs256A128Kw, "PBES2-HS256+A128KW", KeyMode::Password, 16, false},
    {KeyAlg::Pbes2Hs384A192Kw, "PBES2-HS384+A192KW", KeyMode::Password, 24, false},
    {KeyAlg::Pbes2Hs512A256Kw, "PBES2-HS512+A256KW", KeyMode::Password, 32, false},
}};

}  // namespace

std::span<const ContentAlgInfo> content_algs() { return kContent; }
std::span<const KeyAlgInfo> key_algs() { return kKeys; }
const ContentAlgInfo& info(ContentAlg alg) { return kContent[static_cast<std::size_t>(alg)]; }
const KeyAlgInfo& info(KeyAlg alg) { return kKeys[static_cast<std::size_t>(alg)]; }

std::optional<ContentAlg> content_alg(std::string_view name) {
  for (const auto& a : kContent)
    if (a.name == name) return a.alg;
  return std::nullopt;
}

std::optional<KeyAlg> key_alg(std::string_view name) {
  for (const auto& a : kKeys)
    if (a.name == name) return a.alg;
  return std::nullopt;
}

}  // namespace jeton::crypto
