#include "program/server/certificate.h"

#include <unordered_map>

#include "blocks/crypto/hash.h"
#include "blocks/http/form.h"
#include "protocols/proxy.h"

namespace jeton::server {
namespace {

constexpr Seconds kRemembered{60};   // a verdict on a chain, and so on its dates
constexpr std::size_t kMostRemembered = 256;

struct Remembered {
  Certificate certificate;
  Instant until;
};

}  // namespace

Certificate certificate_of(Bytes der, Chain chain) {
  auto names = crypto::names_of_certificate(der);
  if (!names) return nullptr;
  http::ClientCertificate out;
  out.thumbprint = crypto::sha256(der);
  out.der = std::move(der);
  out.trusted = chain == Chain::Good;
  if (out.trusted) {
    out.subject = std::move(names->subject);
    out.dns = std::move(names->dns);
    out.uris = std::move(names->uris);
    out.emails = std::move(names->emails);
    out.addresses = std::move(names->addresses);
  }
  return std::make_shared<const http::ClientCertificate>(std::move(out));
}

void ForwardedCertificates::trust(std::shared_ptr<const crypto::Authorities> authorities) {
  const std::lock_guard lock(mutex_);
  authorities_ = std::move(authorities);
  ++generation_;
}

Certificate ForwardedCertificates::read(std::string_view value, Instant now) const {
  const auto pem = http::percent_decode(value, http::Plus::Literal);
  if (!pem) return nullptr;
  auto der = crypto::certificate_of_pem(*pem);
  if (!der) return nullptr;
  std::shared_ptr<const crypto::Authorities> authorities;
  {
    const std::lock_guard lock(mutex_);
    authorities = authorities_;
  }
  const bool good = authorities && authorities->vouch_for(*der, now);
  return certificate_of(std::move(*der), good ? Chain::Good : Chain::Unknown);
}

std::optional<Certificate> ForwardedCertificates::find(const http::Request& request, Instant now) const {
  if (!wanted() || !protocols::is_proxy(request, proxies_)) return std::nullopt;
  const auto value = request.field(field_);
  if (!value || value->empty() || request.count(field_) != 1) return Certificate();
  thread_local std::unordered_map<std::string, Remembered> seen;
  thread_local const ForwardedCertificates* whose = nullptr;
  thread_local unsigned generation = 0;
  const unsigned current = generation_;
  if (whose != this || generation != current || seen.size() >= kMostRemembered) seen.clear();
  whose = this;
  generation = current;
  auto& found = seen[std::string(*value)];
  if (!found.certificate || found.until <= now) found = {read(*value, now), now + kRemembered};
  return found.certificate;
}

}  // namespace jeton::server
