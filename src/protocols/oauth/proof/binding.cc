#include "protocols/oauth/proof/binding.h"

#include <algorithm>

#include "blocks/crypto/pem/encoded.h"
#include "ground/base64url.h"
#include "protocols/oauth/proof/dpop.h"
#include "protocols/oauth/proof/keys.h"

namespace jeton::protocols::oauth {
namespace {

bool holds(const std::vector<std::string>& list, const std::string& name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

// [RFC8705 §2.1.2] the one name that the client registered; its chain was verified
bool named(const clients::Profile& p, const http::ClientCertificate& certificate) {
  if (!certificate.trusted) return false;
  if (!p.tls_subject.empty()) return certificate.subject == p.tls_subject;
  if (!p.tls_dns.empty()) return holds(certificate.dns, p.tls_dns);
  return !p.tls_uri.empty() && holds(certificate.uris, p.tls_uri);
}

// [RFC8705 §2.2] the certificate is of a key that the client registered; who issued it does not matter
bool registered(Rooms& rooms, const Client& client, const http::ClientCertificate& certificate) {
  auto key = crypto::key_of_certificate(certificate.der);
  const auto keys = keys_of(rooms, client);
  if (!key || !keys) return false;
  jose::Jwk shown;
  shown.pub = *std::move(key);
  const auto thumbprint = jose::thumbprint(shown);
  return std::any_of(keys->keys.begin(), keys->keys.end(), [&](const jose::Jwk& one) { return jose::thumbprint(one) == thumbprint; });
}

}  // namespace

std::string_view type_of(std::string_view confirmation) {
  return confirmation.find("\"jkt\"") == std::string_view::npos ? "Bearer" : "DPoP";
}

std::string confirmation_of(const http::ClientCertificate& certificate) {
  return "{\"x5t#S256\":\"" + base64url::encode(certificate.thumbprint) + "\"}";
}

bool shown_by_certificate(const Call& call, const Client& client) {
  const auto method = client.profile.auth;
  const auto* certificate = call.request.origin.certificate;
  if (certificate == nullptr) return false;
  if (method == clients::AuthMethod::TlsClient) return named(client.profile, *certificate);
  return method == clients::AuthMethod::SelfSignedTls && registered(call.rooms, client, *certificate);
}

Or<std::string> binding_of(const Call& call, const Client& client) {
  auto proof = dpop_of(call);
  if (!proof) return proof;
  if (!dpop_alg_fits(call.request, client.profile)) return error(400, "invalid_dpop_proof", "PS256, ES256 or EdDSA for this client");
  if (client.profile.dpop && proof->empty())
    return error(400, "invalid_dpop_proof", "this client's tokens are bound: a DPoP proof is needed");
  if (!client.profile.tls_bound) return proof;
  if (!proof->empty()) return error(400, "invalid_dpop_proof", "this client's tokens are bound to its certificate");
  // [RFC8705 §3]
  if (call.request.origin.certificate == nullptr)
    return error(400, "invalid_request", "this client's tokens are bound: a client certificate is needed");
  return confirmation_of(*call.request.origin.certificate);
}

}  // namespace jeton::protocols::oauth
