#include "authority/clients/profile.h"

#include <algorithm>
#include <array>

#include "authority/clients/clients.h"
#include "blocks/json/text.h"
#include "blocks/json/writer.h"
#include "formats/jose/jwk.h"

namespace jeton::clients {
namespace {

constexpr std::array<std::string_view, 7> kMethods = {
    "", "none", "client_secret_basic", "client_secret_post", "private_key_jwt", "tls_client_auth", "self_signed_tls_client_auth"};
constexpr std::array<std::string_view, 6> kGrants = {"authorization_code",
                                                     "refresh_token",
                                                     "client_credentials",
                                                     "urn:ietf:params:oauth:grant-type:device_code",
                                                     "urn:ietf:params:oauth:grant-type:token-exchange",
                                                     "urn:ietf:params:oauth:grant-type:saml2-bearer"};
constexpr std::array<std::string_view, 4> kIdTokenAlgs = {"RS256", "ES256", "PS256", "EdDSA"};

template <class List>
bool holds(const List& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

Status take(const json::Value& object, std::string_view name, std::string& to) {
  const auto* value = object.find(name);
  if (value == nullptr) return {};
  if (!value->is_null() && !value->string()) return refuse(Refusal::Invalid, "client_metadata: text is expected");
  to = value->string().value_or("");
  return {};
}

Status take(const json::Value& object, std::string_view name, bool& to) {
  const auto* value = object.find(name);
  if (value == nullptr || value->is_null()) return {};
  if (!value->boolean()) return refuse(Refusal::Invalid, "client_metadata: true or false is expected");
  to = *value->boolean();
  return {};
}

Status take(const json::Value& object, std::string_view name, std::vector<std::string>& to) {
  const auto* value = object.find(name);
  if (value == nullptr) return {};
  to.clear();
  if (value->is_null()) return {};
  if (value->array() == nullptr || value->array()->size() > 50)
    return refuse(Refusal::Invalid, "client_metadata: a list of text is expected");
  for (const auto& item : *value->array()) {
    if (!item.string()) return refuse(Refusal::Invalid, "client_metadata: a list of text is expected");
    to.emplace_back(*item.string());
  }
  return {};
}

Status take(const json::Value& object, std::string_view name, std::optional<Seconds>& to) {
  const auto* value = object.find(name);
  if (value == nullptr || value->is_null()) return {};
  const auto seconds = value->integer();
  if (!seconds || *seconds < 30 || *seconds > 366LL * 86400)
    return refuse(Refusal::Invalid, "client_metadata: a lifetime in seconds is expected");
  to = Seconds(*seconds);
  return {};
}

// What the client wants signed, and what it signs.
Status good_answers(const Profile& p) {
  for (const auto& alg : {p.userinfo_alg, p.introspection_alg})
    if (!alg.empty() && !holds(kIdTokenAlgs, alg))
      return refuse(Refusal::Invalid, "userinfo_signed_response_alg: RS256, ES256, PS256 or EdDSA");
  if (p.request_alg.empty()) return {};
  const auto alg = crypto::sign_alg(p.request_alg);
  if (!alg || crypto::info(*alg).key_type == crypto::KeyType::Oct || !crypto::info(*alg).on_by_default)
    return refuse(Refusal::Invalid, "request_object_signing_alg: an algorithm of public keys");
  return {};
}

Status good(const Profile& p) {
  for (const auto& grant : p.grants)
    if (!holds(kGrants, grant)) return refuse(Refusal::Invalid, "grant_types: one of them is not supported");
  for (const auto& uri : p.logout_redirects)
    if (!good_redirect(ledger::ClientType::Native, uri))
      return refuse(Refusal::Invalid, "post_logout_redirect_uris: absolute URIs as for redirect_uris");
  if (!holds(kIdTokenAlgs, p.id_token_alg)) return refuse(Refusal::Invalid, "id_token_signed_response_alg: RS256, ES256, PS256 or EdDSA");
  TRY_VOID(good_answers(p));
  if ((p.auth == AuthMethod::PrivateKeyJwt || p.auth == AuthMethod::SelfSignedTls || p.signed_requests) && p.jwks.empty() &&
      p.jwks_uri.empty())
    return refuse(Refusal::Invalid, "jwks: private_key_jwt, self_signed_tls_client_auth and signed requests need the client's public keys");
  // [RFC7591 §2] never both
  if (!p.jwks.empty() && !p.jwks_uri.empty()) return refuse(Refusal::Invalid, "jwks_uri: this or jwks, not both");
  // [RFC8705 §2.1.2] one of them
  const int names = !p.tls_subject.empty() + !p.tls_dns.empty() + !p.tls_uri.empty();
  if (names > 1 || (p.auth == AuthMethod::TlsClient && names != 1))
    return refuse(Refusal::Invalid, "tls_client_auth_subject_dn: this, tls_client_auth_san_dns or tls_client_auth_san_uri; one of them");
  if (!p.jwks.empty()) {
    const auto keys = jose::parse_jwk_set(p.jwks);
    if (!keys || keys->keys.empty()) return refuse(Refusal::Invalid, "jwks: a JWK Set of the client's public keys");
    for (const auto& key : keys->keys)
      if (key.is_private() || key.pub.type == crypto::KeyType::Oct) return refuse(Refusal::Invalid, "jwks: public keys alone");
  }
  for (const auto& type : p.detail_types)
    if (type.empty() || type.size() > 256) return refuse(Refusal::Invalid, "authorization_details_types: words");
  for (const auto& uri : {p.backchannel_logout, p.uri, p.jwks_uri})
    if (!uri.empty() && !good_redirect(ledger::ClientType::Web, uri))
      return refuse(Refusal::Invalid, "client_metadata: an https address is expected");
  return {};
}

}  // namespace

std::string_view name(AuthMethod method) { return kMethods[static_cast<std::size_t>(method)]; }
std::optional<AuthMethod> auth_method(std::string_view text) {
  for (std::size_t i = 1; i < kMethods.size(); ++i)
    if (kMethods[i] == text) return static_cast<AuthMethod>(i);
  return std::nullopt;
}

Status apply(const json::Value& object, Profile& p) {
  std::string method(name(p.auth));
  TRY_VOID(take(object, "token_endpoint_auth_method", method));
  if (!method.empty() && !auth_method(method))
    return refuse(
        Refusal::Invalid,
        "token_endpoint_auth_method: none, client_secret_basic, client_secret_post, private_key_jwt, tls_client_auth or self_signed_tls_client_auth");
  p.auth = method.empty() ? AuthMethod::Any : *auth_method(method);
  TRY_VOID(take(object, "grant_types", p.grants));
  TRY_VOID(take(object, "post_logout_redirect_uris", p.logout_redirects));
  TRY_VOID(take(object, "tls_client_auth_subject_dn", p.tls_subject));
  TRY_VOID(take(object, "tls_client_auth_san_dns", p.tls_dns));
  TRY_VOID(take(object, "tls_client_auth_san_uri", p.tls_uri));
  TRY_VOID(take(object, "backchannel_logout_uri", p.backchannel_logout));
  TRY_VOID(take(object, "backchannel_logout_session_required", p.logout_needs_sid));
  TRY_VOID(take(object, "client_uri", p.uri));
  TRY_VOID(take(object, "id_token_signed_response_alg", p.id_token_alg));
  if (p.id_token_alg.empty()) p.id_token_alg = "RS256";
  TRY_VOID(take(object, "userinfo_signed_response_alg", p.userinfo_alg));
  TRY_VOID(take(object, "introspection_signed_response_alg", p.introspection_alg));
  TRY_VOID(take(object, "request_object_signing_alg", p.request_alg));
  TRY_VOID(take(object, "require_signed_request_object", p.signed_requests));
  TRY_VOID(take(object, "tls_client_certificate_bound_access_tokens", p.tls_bound));
  TRY_VOID(take(object, "dpop_bound_access_tokens", p.dpop));
  TRY_VOID(take(object, "require_pushed_authorization_requests", p.pushed));
  TRY_VOID(take(object, "access_token_ttl", p.access_ttl));
  TRY_VOID(take(object, "refresh_token_ttl", p.refresh_ttl));
  TRY_VOID(take(object, "authorization_details_types", p.detail_types));
  TRY_VOID(take(object, "jwks_uri", p.jwks_uri));
  if (const auto* jwks = object.find("jwks")) {
    p.jwks.clear();
    if (!jwks->is_null()) p.jwks = json::text_of(*jwks);
  }
  return good(p);
}

std::string write(const Profile& p) {
  if (p == Profile()) return {};
  std::string out;
  json::Writer w(out);
  w.object();
  const auto text = [&w](std::string_view name, std::string_view value) {
    if (!value.empty()) w.member(name, value);
  };
  const auto flag = [&w](std::string_view name, bool value) {
    if (value) w.flag(name, value);
  };
  text("token_endpoint_auth_method", name(p.auth));
  if (!p.grants.empty()) w.strings("grant_types", p.grants);
  if (!p.logout_redirects.empty()) w.strings("post_logout_redirect_uris", p.logout_redirects);
  if (!p.jwks.empty()) w.key("jwks").raw(p.jwks);
  text("jwks_uri", p.jwks_uri);
  if (!p.detail_types.empty()) w.strings("authorization_details_types", p.detail_types);
  text("tls_client_auth_subject_dn", p.tls_subject);
  text("tls_client_auth_san_dns", p.tls_dns);
  text("tls_client_auth_san_uri", p.tls_uri);
  text("backchannel_logout_uri", p.backchannel_logout);
  text("client_uri", p.uri);
  text("id_token_signed_response_alg", p.id_token_alg);
  text("userinfo_signed_response_alg", p.userinfo_alg);
  text("introspection_signed_response_alg", p.introspection_alg);
  text("request_object_signing_alg", p.request_alg);
  text("client_id_document", p.document);
  text("registration_hash", p.registration_hash);
  if (!p.registration_hash.empty()) w.member("registration_pepper", std::int64_t{p.registration_pepper});
  flag("require_signed_request_object", p.signed_requests);
  flag("tls_client_certificate_bound_access_tokens", p.tls_bound);
  flag("backchannel_logout_session_required", p.logout_needs_sid);
  flag("first_party", p.first_party);
  flag("nonce_for_pkce", p.nonce_for_pkce);
  flag("fapi2", p.fapi);
  flag("dpop_bound_access_tokens", p.dpop);
  flag("require_pushed_authorization_requests", p.pushed);
  if (p.access_ttl) w.member("access_token_ttl", p.access_ttl->count());
  if (p.refresh_ttl) w.member("refresh_token_ttl", p.refresh_ttl->count());
  w.end_object();
  return out;
}

Result<Profile> read_profile(const ledger::Client& client) {
  Profile p;
  if (client.profile.empty()) return p;
  const auto object = json::parse(client.profile);
  if (!object) return fault(Fault::StoreCorrupt, "a client's profile is not JSON");
  if (!apply(*object, p)) return fault(Fault::StoreCorrupt, "a client's profile is damaged");
  TRY_VOID(take(*object, "registration_hash", p.registration_hash));
  if (!p.registration_hash.empty()) {
    const auto* number = object->find("registration_pepper");
    p.registration_pepper =
        number == nullptr ? ledger::kAnyPepper : static_cast<std::uint32_t>(number->integer().value_or(ledger::kAnyPepper));
  }
  TRY_VOID(take(*object, "client_id_document", p.document));
  TRY_VOID(take(*object, "first_party", p.first_party));
  TRY_VOID(take(*object, "nonce_for_pkce", p.nonce_for_pkce));
  TRY_VOID(take(*object, "fapi2", p.fapi));
  return p;
}

bool confidential(const ledger::Client& client, const Profile& profile) {
  return profile.auth != AuthMethod::None && (client.type == ledger::ClientType::Web || client.type == ledger::ClientType::Machine);
}

bool fapi_alg(std::string_view alg) { return alg == "PS256" || alg == "ES256" || alg == "EdDSA"; }

Status good_fapi(const Profile& p) {
  if (!p.fapi) return {};
  if (!by_key(p.auth)) return refuse(Refusal::Invalid, "fapi2: private_key_jwt, tls_client_auth or self_signed_tls_client_auth");
  if (!p.dpop && !p.tls_bound)
    return refuse(Refusal::Invalid, "fapi2: dpop_bound_access_tokens or tls_client_certificate_bound_access_tokens");
  if (!p.pushed || p.nonce_for_pkce)
    return refuse(Refusal::Invalid, "fapi2: require_pushed_authorization_requests, and PKCE without nonce_for_pkce");
  for (const auto& alg : {p.id_token_alg, p.userinfo_alg, p.introspection_alg, p.request_alg})
    if (!alg.empty() && !fapi_alg(alg))
      return refuse(Refusal::Invalid, "fapi2: id_token_signed_response_alg and others: PS256, ES256 or EdDSA");
  return {};
}

bool by_key(AuthMethod method) {
  return method == AuthMethod::PrivateKeyJwt || method == AuthMethod::TlsClient || method == AuthMethod::SelfSignedTls;
}

std::string known_id(const ledger::Client& client, const Profile& profile) {
  return profile.document.empty() ? client.id.text() : profile.document;
}

std::vector<std::string> grants_of(const ledger::Client& client, const Profile& profile) {
  if (!profile.grants.empty()) return profile.grants;
  using enum ledger::ClientType;
  const auto word = [](std::size_t i) { return std::string(kGrants[i]); };
  switch (client.type) {
    case Machine: return {word(2), word(4)};
    case Native: return {word(0), word(1), word(3)};
    case Web:
    case Spa: return {word(0), word(1)};
  }
  return {};
}

bool may_grant(const ledger::Client& client, const Profile& profile, std::string_view grant_type) {
  const auto grants = grants_of(client, profile);
  return holds(grants, grant_type);
}

}  // namespace jeton::clients
