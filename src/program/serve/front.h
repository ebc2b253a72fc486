// Between the sockets and the protocols: places, logs and counts every request.
#pragma once

#include "program/config/config.h"
#include "program/metrics/metrics.h"
#include "program/server/certificate.h"
#include "program/server/server.h"
#include "protocols/protocols.h"

namespace jeton::serve {

enum class Logged : std::uint8_t { None, Errors, All };

class Front final : public server::Handler {
 public:
  Front(metrics::Metrics& metrics, Logged logged, const server::ForwardedCertificates& certificates)
      : metrics_(metrics), logged_(logged), certificates_(certificates) {}
  // Before the server starts.
  void set(protocols::Protocols* protocols) { protocols_ = protocols; }

  server::Place place(const http::Request& request) override;
  void answer(const http::Request& request, http::Response& response, Instant now) override;
  void served(const http::Request& request, const http::Response& response, std::chrono::nanoseconds took) override;

 private:
  metrics::Metrics& metrics_;
  const Logged logged_;
  const server::ForwardedCertificates& certificates_;
  protocols::Protocols* protocols_ = nullptr;
};

// A request's path as logs may show it.
std::string logged_path(std::string_view path);

}  // namespace jeton::serve
