#include "protocols/oauth/proof/keys.h"

#include <algorithm>

namespace jeton::protocols::oauth {
namespace {

Result<jose::JwkSet> read(Rooms& rooms, const Client& client, Program::Copy copy) {
  if (client.profile.jwks_uri.empty()) return jose::parse_jwk_set(client.profile.jwks);
  TRY(const auto text, rooms.program.document(client.profile.jwks_uri, copy));
  auto keys = jose::parse_jwk_set(text);
  // Whoever publishes what it signs with is not believed to be the one who signs.
  const auto secret = [](const jose::Jwk& key) { return key.is_private() || key.pub.type == crypto::KeyType::Oct; };
  if (!keys || keys->alone || std::any_of(keys->keys.begin(), keys->keys.end(), secret))
    return refuse(Refusal::Denied, "jwks_uri: no set of public keys");
  return keys;
}

Result<crypto::VerifyKey> chosen(const jose::JwkSet& keys, const jose::Header& header, crypto::SignAlg alg) {
  TRY(const auto key, jose::choose(keys, header, jose::fits_signature));
  return jose::verify_key(*key, alg);
}

}  // namespace

Result<jose::JwkSet> keys_of(Rooms& rooms, const Client& client) { return read(rooms, client, Program::Copy::Kept); }

Result<crypto::VerifyKey> client_key(Rooms& rooms, const Client& client, const jose::Header& header) {
  const auto alg = crypto::sign_alg(header.alg);
  if (!alg || crypto::info(*alg).key_type == crypto::KeyType::Oct || !crypto::info(*alg).on_by_default) return refuse(Refusal::UnknownKey);
  // [FAPI 2.0 SP §5.4]
  if (client.profile.fapi && !clients::fapi_alg(header.alg)) return refuse(Refusal::UnknownKey);
  TRY(const auto keys, read(rooms, client, Program::Copy::Kept));
  auto key = chosen(keys, header, *alg);
  if (key || client.profile.jwks_uri.empty() || header.kid.empty() || !key.error().is(Refusal::UnknownKey)) return key;
  // [OIDC Core §10.1.1] a kid that was not seen before: the client may have another key by now
  TRY(const auto newer, read(rooms, client, Program::Copy::Newer));
  return chosen(newer, header, *alg);
}

}  // namespace jeton::protocols::oauth
