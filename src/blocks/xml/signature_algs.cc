#include <algorithm>
#include <array>

#include "blocks/xml/names.h"
#include "blocks/xml/signature.h"

namespace jeton::xml {
namespace {

using crypto::SignAlg;

struct Row {
  SignAlg alg;
  std::string_view uri;
};

// RFC 9231 §2.3. SHA-1 and HMAC do not stand here, so nothing can ask for them.
constexpr std::array<Row, 6> kRows = {{
    {SignAlg::RS256, "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"},
    {SignAlg::RS384, "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384"},
    {SignAlg::RS512, "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512"},
    {SignAlg::ES256, "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"},
    {SignAlg::ES384, "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384"},
    {SignAlg::ES512, "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512"},
}};

constexpr auto kUris = [] {
  std::array<std::string_view, kRows.size()> uris;
  std::ranges::transform(kRows, uris.begin(), &Row::uri);
  return uris;
}();
constexpr std::array<std::string_view, 3> kDigests = {kSha256, kSha384, kSha512};

}  // namespace

std::span<const std::string_view> signature_uris() { return kUris; }
std::span<const std::string_view> digest_uris() { return kDigests; }

std::optional<SignAlg> signature_alg(std::string_view uri) {
  const auto at = std::ranges::find(kRows, uri, &Row::uri);
  if (at == kRows.end()) return std::nullopt;
  return at->alg;
}

std::string_view signature_uri(SignAlg alg) {
  const auto at = std::ranges::find(kRows, alg, &Row::alg);
  return at == kRows.end() ? std::string_view() : at->uri;
}

Result<std::vector<crypto::VerifyKey>> verify_keys(const crypto::PublicParts& key) {
  std::vector<crypto::VerifyKey> keys;
  for (const auto& row : kRows) {
    const auto& alg = crypto::info(row.alg);
    if (alg.key_type != key.type || alg.curve != key.curve) continue;
    TRY(auto made, crypto::VerifyKey::from_public(row.alg, key));
    keys.push_back(std::move(made));
  }
  if (keys.empty()) return refuse(Refusal::Unsupported, "an RSA key, or an EC key on P-256, P-384 or P-521");
  return keys;
}

}  // namespace jeton::xml
