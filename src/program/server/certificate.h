// A caller's certificate as requests carry it: shown in its own handshake, or in a field by a proxy we trust.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>

#include "blocks/crypto/pem/identity.h"
#include "blocks/http/message.h"
#include "blocks/net/prefix_set.h"

namespace jeton::server {

enum class Chain : std::uint8_t { Good, Unknown };
using Certificate = std::shared_ptr<const http::ClientCertificate>;

// Null where the octets are no certificate.
Certificate certificate_of(Bytes der, Chain chain);

// Certificates that our own proxies pass on in a field, as nginx's $ssl_client_escaped_cert: PEM, percent-encoded. Any thread; one that
// this thread has read before is found again without parsing and without a lock.
class ForwardedCertificates {
 public:
  // An empty name: none are passed on.
  ForwardedCertificates(std::string field, net::PrefixSet proxies) : field_(std::move(field)), proxies_(std::move(proxies)) {}
  bool wanted() const { return !field_.empty(); }
  // Who vouches for chains from now on; null: nobody.
  void trust(std::shared_ptr<const crypto::Authorities> authorities);
  // Nothing where the peer is no proxy: what it showed itself is its own. Of a proxy, null where the field is absent, there twice, or
  // holds no certificate: one that the proxy itself showed is not the caller's.
  std::optional<Certificate> find(const http::Request& request, Instant now) const;

 private:
  Certificate read(std::string_view value, Instant now) const;
  const std::string field_;
  const net::PrefixSet proxies_;
  std::atomic<unsigned> generation_{0};
  mutable std::mutex mutex_;
  std::shared_ptr<const crypto::Authorities> authorities_;   // under mutex_
};

}  // namespace jeton::server
