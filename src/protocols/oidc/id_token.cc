#include "protocols/oidc/id_token.h"

#include <algorithm>

#include "formats/jose/jws.h"
#include "ground/base64url.h"
#include "protocols/oidc/claims_request.h"

namespace jeton::protocols::oidc {
namespace {

constexpr Seconds kIdTokenLives{600};

// [OIDC Core §3.1.3.6] the left half of the hash that the signature uses
std::string half_hash(std::string_view text, crypto::SignAlg alg) {
  std::array<std::uint8_t, 64> hash;
  // Ed25519 hashes with SHA-512.
  const auto which = alg == crypto::SignAlg::EdDSA ? crypto::HashAlg::Sha512 : crypto::info(alg).hash;
  const auto size = crypto::hash_into(which, as_bytes(text), hash);
  return base64url::encode(ByteView(hash).first(size / 2));
}

void words(json::Writer& w, std::string_view name, std::string_view list) {
  w.key(name).array();
  while (!list.empty()) {
    const auto word = list.substr(0, list.find(' '));
    list.remove_prefix(std::min(word.size() + 1, list.size()));
    w.string(word);
  }
  w.end_array();
}

bool has(const ledger::Scopes& scopes, std::string_view scope) { return std::binary_search(scopes.begin(), scopes.end(), scope); }

}  // namespace

void person_claims(json::Writer& w, const ledger::Principal& user, const ledger::Scopes& scopes, const std::vector<std::string>& asked) {
  const bool profile = has(scopes, "profile"), email = has(scopes, "email");
  const auto wanted = [&asked](std::string_view claim) { return std::find(asked.begin(), asked.end(), claim) != asked.end(); };
  if (profile || wanted("preferred_username")) w.member("preferred_username", user.name);
  if (profile || wanted("name")) {
    std::string_view shown = user.name;
    for (const auto& [name, value] : user.metadata)
      if (name == "name") shown = value;
    w.member("name", shown);
  }
  if (profile || wanted("updated_at")) w.member("updated_at", user.updated.seconds());
  if (user.email.empty()) return;
  if (email || wanted("email")) w.member("email", user.email);
  if (email || wanted("email_verified")) w.flag("email_verified", false);
}

Result<std::string> sign(Rooms& rooms, std::string_view alg, std::string_view typ, std::string_view claims, const audit::Doing& doing) {
  const auto known = crypto::sign_alg(alg);
  if (!known) return fault(Fault::Config, "an algorithm that is not known");
  auto ring = rooms.signing_keys.ring();
  if (ring->signer(*known, ApiId()) == nullptr) {
    TRY_VOID(rooms.signing_keys.ensure(*known, doing));
    ring = rooms.signing_keys.ring();
  }
  const auto* key = ring->signer(*known, ApiId());
  if (key == nullptr) return fault(Fault::Config, "there is no active signing key");
  return jose::sign_compact("\"typ\":\"" + std::string(typ) + "\",\"kid\":\"" + key->kid + "\"", as_bytes(claims), *key->sign);
}

Result<std::string> id_token(Rooms& rooms, const Subject& s, const audit::Doing& doing) {
  const auto& grant = s.granted.grant;
  TRY(const auto user, rooms.ledger.principal(grant.principal));
  if (!user) return refuse(Refusal::Denied, "the user is gone");
  const auto alg = crypto::sign_alg(s.client.profile.id_token_alg).value_or(crypto::SignAlg::RS256);
  const auto client = clients::known_id(s.client.record, s.client.profile);
  std::string claims;
  json::Writer w(claims);
  w.object().member("iss", rooms.facts.issuer).member("sub", grant.principal.text()).member("aud", client).member("azp", client);
  w.member("iat", doing.now.seconds()).member("exp", (doing.now + kIdTokenLives).seconds());
  w.member("auth_time", s.granted.proof.authenticated.seconds()).member("acr", s.granted.proof.acr);
  words(w, "amr", s.granted.proof.methods);
  if (s.first && !s.granted.nonce.empty()) w.member("nonce", s.granted.nonce);
  w.member("at_hash", half_hash(s.access_token, alg));
  if (!s.granted.login.none()) w.member("sid", sessions::id_text(s.granted.login));
  TRY(const auto asked, read_claims_request(s.granted.claims));
  person_claims(w, *user, grant.scopes, asked.id_token);
  w.end_object();
  return sign(rooms, crypto::info(alg).name, "JWT", claims, doing);
}

}  // namespace jeton::protocols::oidc
