#include "protocols/oauth/proof/binding.h"

#include <algorithm>

#include "blocks/crypto/pem/certificate_names.h"
#include "blocks/crypto/pem/pem.h"
#include "formats/jose/jwk.h"
#include "protocols/oauth/proof/dpop.h"
#include "protocols/peer_certificate.h"

namespace jeton::protocols::oauth {
namespace {

// [RFC8705 §2.1.2] the one name that the client registered; its chain was verified
bool named(const clients::Profile& p, const PeerCertificate& certificate) {
  if (!certificate.trusted) return false;
  const auto names = crypto::names_of_certificate(certificate.der);
  if (!names) return false;
  const auto holds = [](const std::vector<std::string>& list, const std::string& name) {
    return std::find(list.begin(), list.end(), name) != list.end();
  };
  if (!p.tls_subject.empty()) return names->subject == p.tls_subject;
  if (!p.tls_dns.empty()) return holds(names->dns, p.tls_dns);
  return !p.tls_uri.empty() && holds(names->uris, p.tls_uri);
}

// [RFC8705 §2.2] the certificate is of a key that the client registered; who issued it does not matter
bool registered(const clients::Profile& p, const PeerCertificate& certificate) {
  auto key = crypto::public_key_of_certificate(certificate.der);
  const auto keys = jose::parse_jwk_set(p.jwks);
  if (!key || !keys) return false;
  jose::Jwk shown;
  shown.pub = *std::move(key);
  const auto thumbprint = jose::thumbprint(shown);
  return std::any_of(keys->keys.begin(), keys->keys.end(),
                     [&](const jose::Jwk& one) { return jose::thumbprint(one) == thumbprint; });
}

}  // namespace

Or<bool> shown_by_certificate(const Call& call, const Client& client) {
  const auto method = client.profile.auth;
  if (method != clients::AuthMethod::TlsClient && method != clients::AuthMethod::SelfSignedTls) return false;
  OAUTH_TRY(const auto certificate, peer_certificate(call.rooms, call.request), "invalid_request");
  if (!certificate) return false;
  return method == clients::AuthMethod::TlsClient ? named(client.profile, *certificate)
                                                  : registered(client.profile, *certificate);
}

Or<std::string> binding_of(const Call& call, const Client& client) {
  auto proof = dpop_of(call);
  if (!proof) return proof;
  if (client.profile.dpop && proof->empty())
    return error(400, "invalid_dpop_proof", "this client's tokens are bound: a DPoP proof is needed");
  if (!client.profile.tls_bound) return proof;
  if (!proof->empty())
    return error(400, "invalid_dpop_proof", "this client's tokens are bound to its certificate");
  OAUTH_TRY(const auto certificate, peer_certificate(call.rooms, call.request), "invalid_request");
  // [RFC8705 §3]
  if (!certificate)
    return error(400, "invalid_request", "this client's tokens are bound: a client certificate is needed");
  return confirmation_of(*certificate);
}

}  // namespace jeton::protocols::oauth
