// TLS: a certificate and what goes with it, and one connection's stream. The one place that sees libssl.
#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>

#include "ground/bytes.h"
#include "ground/result.h"
#include "program/server/server.h"

struct ssl_st;
struct ssl_ctx_st;

namespace jeton::server {

// Immutable; any thread. Streams keep what they need of it.
class Tls {
 public:
  // Config where a file cannot be read, the key may be read by others, does not fit the certificate, or is encrypted.
  static Result<std::shared_ptr<const Tls>> load(const TlsFiles& files);
  ~Tls();
  Tls(const Tls&) = delete;
  Tls& operator=(const Tls&) = delete;

 private:
  friend class TlsStream;
  explicit Tls(ssl_ctx_st* context) : context_(context) {}
  ssl_ctx_st* context_;
};

// The server's end of one connection; shakes hands as it reads. One thread.
class TlsStream {
 public:
  TlsStream(const Tls& tls, int fd);
  ~TlsStream();
  TlsStream(const TlsStream&) = delete;
  TlsStream& operator=(const TlsStream&) = delete;

  // As recv and send on a socket that does not block: EAGAIN where it must wait for the other end, EPROTO where that broke off.
  ssize_t receive(char* room, std::size_t size);
  ssize_t send(const char* data, std::size_t size);
  // Says that no more comes.
  void finish();
  // After a receive that failed: what came was HTTP in the clear.
  bool heard_plain_http() const { return heard_plain_http_; }
  // After the handshake: the certificate the caller proved to hold, in DER, and whether its chain is good.
  struct Shown {
    Bytes der;
    bool trusted = false;
  };
  std::optional<Shown> shown() const;

 private:
  ssize_t failed(int result);
  ssl_st* stream_;
  bool heard_plain_http_ = false, broken_ = false;
};

}  // namespace jeton::server
