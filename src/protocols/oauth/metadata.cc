#include "protocols/oauth/metadata.h"

#include <array>

#include "blocks/json/writer.h"
#include "protocols/oauth/saml/bearer.h"
#include "protocols/oauth/tokens.h"

namespace jeton::protocols::oauth {
namespace {

template <class... Words>
void words(json::Writer& w, std::string_view name, Words... list) {
  w.strings(name, std::array<std::string_view, sizeof...(Words)>{list...});
}

void endpoints(json::Writer& w, const std::string& issuer) {
  const auto at = [&](std::string_view name, std::string_view path) { w.member(name, issuer + std::string(path)); };
  at("authorization_endpoint", "/oauth/authorize");
  at("token_endpoint", "/oauth/token");
  at("jwks_uri", "/.well-known/jwks.json");
  at("userinfo_endpoint", "/oauth/userinfo");
  at("introspection_endpoint", "/oauth/introspect");
  at("revocation_endpoint", "/oauth/revoke");
  at("device_authorization_endpoint", "/oauth/device_authorization");
  at("pushed_authorization_request_endpoint", "/oauth/par");
  at("registration_endpoint", "/oauth/register");
  at("end_session_endpoint", "/oauth/logout");
}

// [RFC8705 §5] the endpoints at which a client may show its certificate
void aliases(json::Writer& w, const std::string& address) {
  if (address.empty()) return;
  w.key("mtls_endpoint_aliases").object();
  for (const auto& [name, path] : {std::pair{"token_endpoint", "/oauth/token"},
                                   {"userinfo_endpoint", "/oauth/userinfo"},
                                   {"introspection_endpoint", "/oauth/introspect"},
                                   {"revocation_endpoint", "/oauth/revoke"},
                                   {"device_authorization_endpoint", "/oauth/device_authorization"},
                                   {"pushed_authorization_request_endpoint", "/oauth/par"}})
    w.member(name, address + path);
  w.end_object();
}

}  // namespace

void jwks(Rooms& rooms, const http::Request& request, http::Response& response, Instant) {
  if (cors(request, response, "GET")) return;
  response.field("Content-Type", "application/jwk-set+json");
  response.field("Cache-Control", "public, max-age=" + std::to_string(keys::kJwksKept.count()));
  response.body = rooms.signing_keys.ring()->jwks();
}

void metadata(Rooms& rooms, const http::Request& request, http::Response& response, Instant) {
  if (cors(request, response, "GET")) return;
  const auto details = apis::DetailTypes(rooms.ledger, rooms.entropy).all();
  if (!details) return write(error_of(details.error(), "server_error"), request, response);
  response.field("Content-Type", "application/json");
  response.field("Cache-Control", "public, max-age=300");
  json::Writer w(response.body);
  w.object().member("issuer", rooms.facts.issuer);
  endpoints(w, rooms.facts.issuer);
  words(w, "response_types_supported", "code");
  words(w, "response_modes_supported", "query", "fragment", "form_post");
  words(w, "grant_types_supported", "authorization_code", "refresh_token", "client_credentials", kDeviceGrant, kExchangeGrant, kSamlGrant);
  words(w, "code_challenge_methods_supported", "S256");
  words(w, "token_endpoint_auth_methods_supported", "none", "client_secret_basic", "client_secret_post", "private_key_jwt",
        "tls_client_auth", "self_signed_tls_client_auth");
  w.flag("tls_client_certificate_bound_access_tokens", true);
  aliases(w, rooms.facts.mtls_address);
  words(w, "token_endpoint_auth_signing_alg_values_supported", "ES256", "RS256", "PS256", "EdDSA", "ES384", "ES512", "RS384", "RS512",
        "PS384", "PS512");
  words(w, "introspection_endpoint_auth_methods_supported", "client_secret_basic", "client_secret_post", "private_key_jwt",
        "tls_client_auth", "self_signed_tls_client_auth");
  words(w, "revocation_endpoint_auth_methods_supported", "none", "client_secret_basic", "client_secret_post", "private_key_jwt",
        "tls_client_auth", "self_signed_tls_client_auth");
  w.strings("dpop_signing_alg_values_supported", kDpopAlgs);
  words(w, "subject_types_supported", "public");
  words(w, "id_token_signing_alg_values_supported", "RS256", "ES256", "PS256", "EdDSA");
  words(w, "userinfo_signing_alg_values_supported", "RS256", "ES256", "PS256", "EdDSA");
  words(w, "introspection_signing_alg_values_supported", "RS256", "ES256", "PS256", "EdDSA");
  words(w, "request_object_signing_alg_values_supported", "ES256", "RS256", "PS256", "EdDSA", "ES384", "ES512", "RS384", "RS512", "PS384",
        "PS512");
  words(w, "scopes_supported", "openid", "profile", "email", "offline_access");
  words(w, "claims_supported", "sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "azp", "at_hash", "sid", "name",
        "preferred_username", "updated_at", "email", "email_verified");
  words(w, "acr_values_supported", "1", "2");
  if (!details->empty()) w.strings("authorization_details_types_supported", *details);
  words(w, "prompt_values_supported", "none", "login", "consent", "select_account");
  w.flag("authorization_response_iss_parameter_supported", true)
      .flag("request_parameter_supported", true)
      .flag("request_uri_parameter_supported", false);
  w.flag("claims_parameter_supported", true)
      .flag("require_pushed_authorization_requests", false)
      .flag("require_signed_request_object", false);
  w.flag("backchannel_logout_supported", true).flag("backchannel_logout_session_supported", true);
  w.end_object();
}

}  // namespace jeton::protocols::oauth
