// What a client's registration says beyond its id, secrets and redirects (RFC 7591 §2, OIDC Registration §2).
#pragma once

#include <string>
#include <vector>

#include "authority/ledger/records.h"
#include "blocks/json/value.h"
#include "ground/result.h"

namespace jeton::clients {

enum class AuthMethod : std::uint8_t { Any, None, Basic, Post, PrivateKeyJwt, TlsClient };
std::string_view name(AuthMethod method);                       // "client_secret_basic"; empty for Any
std::optional<AuthMethod> auth_method(std::string_view name);

struct Profile {
  AuthMethod auth = AuthMethod::Any;             // Any: what fits its type, basic or post
  std::vector<std::string> grants;               // empty: what fits its type
  std::vector<std::string> logout_redirects;     // post_logout_redirect_uris
  std::string jwks;                              // JSON of its public keys; empty where it has none
  std::string tls_subject;                       // tls_client_auth_subject_dn
  std::string backchannel_logout;                // URI
  std::string uri;                               // its home page
  std::string id_token_alg = "RS256";
  std::string registration_hash;                 // hex; of the registration access token (RFC 7592)
  bool first_party = false;                      // belongs to the installation's owner: no consent is asked
  bool nonce_for_pkce = false;                   // confidential, and sends a nonce in place of PKCE
  bool dpop = false;                             // its tokens are bound to a DPoP key, always
  bool pushed = false;                           // its authorization requests are pushed, always
  std::optional<Seconds> access_ttl, refresh_ttl;

  bool operator==(const Profile&) const = default;
};

// Of a record; defaults where it has none. StoreCorrupt where it is not one that `write` made.
Result<Profile> read_profile(const ledger::Client& client);
std::string write(const Profile& profile);

// Takes the members of a registration, named as RFC 7591 names them, where `object` has them. Invalid with the member's name in
// front. Members that are not known are left alone.
Status apply(const json::Value& object, Profile& profile);

// What the client may do at the token endpoint: what it registered, or what fits its type.
bool may_grant(const ledger::Client& client, const Profile& profile, std::string_view grant_type);
std::vector<std::string> grants_of(const ledger::Client& client, const Profile& profile);
// Whether the client can keep a secret.
bool confidential(const ledger::Client& client, const Profile& profile);

}  // namespace jeton::clients
