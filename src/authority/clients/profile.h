// What a client's registration says beyond its id, secrets and redirects (RFC 7591 §2, OIDC Registration §2).
#pragma once

#include <string>
#include <vector>

#include "authority/ledger/records.h"
#include "blocks/json/value.h"
#include "ground/result.h"

namespace jeton::clients {

enum class AuthMethod : std::uint8_t { Any, None, Basic, Post, PrivateKeyJwt, TlsClient, SelfSignedTls };
std::string_view name(AuthMethod method);                       // "client_secret_basic"; empty for Any
std::optional<AuthMethod> auth_method(std::string_view name);

struct Profile {
  AuthMethod auth = AuthMethod::Any;             // Any: what fits its type, basic or post
  std::vector<std::string> grants;               // empty: what fits its type
  std::vector<std::string> logout_redirects;     // post_logout_redirect_uris
  std::string jwks;                              // JSON of its public keys; empty where it has none, or where they are at
  std::string jwks_uri;                          // an address of its own
  std::string tls_subject;                       // tls_client_auth_subject_dn, as RFC 4514 spells it
  std::string tls_dns, tls_uri;                  // tls_client_auth_san_dns, tls_client_auth_san_uri
  std::string backchannel_logout;                // URI
  std::string uri;                               // its home page
  std::string id_token_alg = "RS256";
  std::string userinfo_alg, introspection_alg;   // signed answers; empty: JSON
  std::string request_alg;                       // of its request objects; empty: any that its keys fit
  std::vector<std::string> detail_types;         // authorization_details_types (RFC 9396 §10): what it may ask for
  std::string document;                          // the address that is its client_id and describes it; empty: none
  std::string registration_hash;                 // hex; of the registration access token (RFC 7592)
  std::uint32_t registration_pepper = 0;         // what it is hashed under; ledger::kAnyPepper where nobody wrote it down
  bool first_party = false;                      // belongs to the installation's owner: no consent is asked
  bool nonce_for_pkce = false;                   // confidential, and sends a nonce in place of PKCE
  bool fapi = false;                             // held to the FAPI 2.0 Security Profile (good_fapi)
  bool dpop = false;                             // its tokens are bound to a DPoP key, always
  bool pushed = false;                           // its authorization requests are pushed, always
  bool signed_requests = false;                  // they are request objects that it signed, always (RFC 9101)
  bool tls_bound = false;                        // its tokens are bound to its certificate, always (RFC 8705)
  bool logout_needs_sid = false;                 // backchannel_logout_session_required
  std::optional<Seconds> access_ttl, refresh_ttl;

  bool operator==(const Profile&) const = default;
};

// Of a record; defaults where it has none. StoreCorrupt where it is not one that `write` made.
Result<Profile> read_profile(const ledger::Client& client);
std::string write(const Profile& profile);

// Takes the members of a registration, named as RFC 7591 names them, where `object` has them. Invalid with the member's name in
// front. Members that are not known are left alone.
Status apply(const json::Value& object, Profile& profile);

// [FAPI 2.0 SP §5.3.2, §5.4] What a client that is held to the profile is registered with; Invalid says what is missing. Any other is good.
Status good_fapi(const Profile& profile);
// The algorithms that such a client signs with, and is signed for.
bool fapi_alg(std::string_view alg);

// What the client may do at the token endpoint: what it registered, or what fits its type.
bool may_grant(const ledger::Client& client, const Profile& profile, std::string_view grant_type);
std::vector<std::string> grants_of(const ledger::Client& client, const Profile& profile);
// Whether the client can keep a secret.
bool confidential(const ledger::Client& client, const Profile& profile);
// Whether it shows who it is by a key or a certificate, and so has no secret.
bool by_key(AuthMethod method);
// The id as the client knows it: its own, or the address of the document that describes it.
std::string known_id(const ledger::Client& client, const Profile& profile);

}  // namespace jeton::clients
